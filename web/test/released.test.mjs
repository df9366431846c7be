// The schema against the one last released. Why: what others have built on it must not break with an update. Part of
// `npm run lint`; outside vitest, which would load a second copy of graphql.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core';
import { buildASTSchema, buildSchema, parse, print, visit } from 'graphql';

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The released schema, where only that counts as deprecated whose last day is over: the tool lets it go. */
function promised(released, today) {
  const isOver = (directive) => (/\d{4}-\d{2}-\d{2}/.exec(print(directive))?.[0] ?? today) < today;
  const stays = (directive) => directive.name.value === 'deprecated' && !isOver(directive);
  return buildASTSchema(visit(parse(released), { Directive: (node) => (stays(node) ? null : undefined) }));
}

async function changes(released, present, today = new Date().toISOString().slice(0, 10)) {
  const rules = [DiffRule.suppressRemovalOfDeprecatedField];
  const all = await diff(promised(released, today), buildSchema(present), rules);
  const messages = (level) => all.filter((change) => change.criticality.level === level).map((change) => change.message);
  return { breaking: messages(CriticalityLevel.Breaking), dangerous: messages(CriticalityLevel.Dangerous) };
}

test('nothing that was released breaks', async () => {
  const { breaking, dangerous } = await changes(read('tests/released/schema.graphql'), read('schema.graphql'));
  dangerous.forEach((message) => console.warn(`dangerous: ${message}`));
  assert.deepEqual(breaking, []);
});

test('a field that is gone breaks', async () => {
  const { breaking } = await changes('type Query { power: Float, load: Float }', 'type Query { power: Float }');
  assert.deepEqual(breaking, ["Field 'load' was removed from object type 'Query'"]);
});

test('a deprecated field may go after its last day', async () => {
  const released = 'type Query { power: Float, load: Float @deprecated(reason: "Stays until 2030-12-31.") }';
  const removed = async (today) => (await changes(released, 'type Query { power: Float }', today)).breaking.length;
  assert.equal(await removed('2030-12-31'), 1);
  assert.equal(await removed('2031-01-01'), 0);
  assert.deepEqual(await changes(released, released, '2030-12-31'), { breaking: [], dangerous: [] });
});
