// Several anomalies dealt with at once.

import { expect, test } from 'vitest';

import { doneOfAll, mayBe } from '../src/anomaly-deeds';
import type { Deed } from '../src/anomaly-deeds';
import type { StoriedAnomaly } from '../src/api/operations';
import { edge } from './plant';

const storied = (cursor: string): StoriedAnomaly => ({ ...edge(cursor).node, history: [] });

test('what is seen is not seen again, and what is resolved is left alone', () => {
  const deedsOf = (status: 'OPEN' | 'ACKNOWLEDGED' | 'RESOLVED') =>
    (['acknowledge', 'resolve'] as const).filter((deed) => mayBe({ status }, deed));
  expect(deedsOf('OPEN')).toEqual(['acknowledge', 'resolve']);
  expect(deedsOf('ACKNOWLEDGED')).toEqual(['resolve']);
  expect(deedsOf('RESOLVED')).toEqual([]);
});

test('each is told by itself, and one that is refused keeps no other from it', async () => {
  const asked: string[] = [];
  const changed: string[] = [];
  const act = async (_: Deed, id: string) => {
    asked.push(id);
    if (id === 'anomaly-b') throw new Error('No.');
    return { ...storied('x'), id };
  };
  const said = { by: 'Ada', note: null };
  const anomalies = ['a', 'b', 'c'].map(storied);
  const failures = await doneOfAll('resolve', anomalies, said, ({ id }) => void changed.push(id), act);
  expect(asked).toEqual(['anomaly-a', 'anomaly-b', 'anomaly-c']);
  expect(changed).toEqual(['anomaly-a', 'anomaly-c']);
  expect(failures).toEqual([{ anomaly: anomalies[1], sentence: 'No.' }]);
});
