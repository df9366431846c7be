// GraphQL over HTTP as the reference implementation's audits have it, against the real binary.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { serverAudits } from 'graphql-http';

const BINARY = process.env.WATTLINE_BINARY ?? new URL('../../target/debug/wattline', import.meta.url).pathname;

let server;
let url;
const folder = mkdtempSync(join(tmpdir(), 'wattline-http-'));
before(async () => {
  server = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0'], { cwd: folder });
  for await (const line of createInterface({ input: server.stderr })) {
    url = line.match(/http:\/\/\S+/)?.[0];
    if (url) break;
  }
  server.stderr.resume();
  assert.ok(url, 'the server ended before it said its address');
});
after(async () => {
  const ended = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true });
});

const audits = serverAudits({ url: () => `${url}/graphql` });
test('there are as many audits as there were', () => assert.equal(audits.length, 61));
for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
