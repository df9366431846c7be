// GraphQL over HTTP as the reference implementation's audits have it, against the real binary.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { serverOf } from './server.mjs';

let server;
before(async () => {
  server = await serverOf('serve');
});
after(() => server?.end());

const audits = serverAudits({ url: () => `${server.url}/graphql` });
test('there are as many audits as there were', () => assert.equal(audits.length, 61));
for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
