// The commands that are pasted into a shell. Why a real bash: what it makes of quotes is the question.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

import { firstReadingCommands, shellQuoted } from '../src/snippet';

/** The arguments with which curl would be called. */
function argumentsOfCurl(command: string): string[] {
  const curl = `curl() { printf '%s\\0' "$@"; }`;
  const output = execFileSync('bash', ['-c', `${curl}\n${command}`], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

test.each(['http://127.0.0.1:8080', 'http://[::1]:8080', 'https://wattline.example'])('bash understands them: %s', (origin) => {
  const [register, send] = firstReadingCommands(origin).map(({ text }) => argumentsOfCurl(text));
  expect(register?.slice(0, 2)).toEqual(['-sS', `${origin}/graphql`]);
  expect(JSON.parse(register?.at(-1) ?? '')).toEqual({
    query: 'mutation { registerMachine(input: {name: "press-1"}) { machine { id name } } }',
  });
  expect(send?.slice(0, 2)).toEqual(['-sS', `${origin}/api/v1/readings`]);
  const [reading, ...others] = JSON.parse(send?.at(-1) ?? '');
  expect(others).toEqual([]);
  expect(reading).toMatchObject({ machine: 'press-1', power_kw: 12.5, energy_kwh: 0.035 });
  expect(reading.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Math.abs(Date.parse(reading.time) - Date.now())).toBeLessThan(10_000);
});

test('a quoted word stays one word', () => {
  const nasty = `it's "$HOME" \`id\` $(id) \\ *`;
  expect(argumentsOfCurl(`curl ${shellQuoted(nasty)}`)).toEqual([nasty]);
});
