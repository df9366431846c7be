// Files in pieces, and what became of their rows.

import { describe, expect, test } from 'vitest';

import { CsvRecords, fieldsOf } from '../src/machines/csv';
import { reasonsOf, refusedCsv } from '../src/machines/refused';
import { NOTHING_SENT, piecesOf, withAnswer } from '../src/machines/upload';
import type { Piece } from '../src/machines/upload';

/** Records of a text that comes in parts of so many characters. */
function recordsOf(text: string, size: number): string[] {
  const csv = new CsvRecords();
  const records: string[] = [];
  for (let at = 0; at < text.length; at += size) records.push(...csv.push(text.slice(at, at + size)));
  return [...records, ...csv.end()];
}

describe('records', () => {
  const text = 'machine,time\r\n"press\n1",2026\n\n"say ""hi""\r\n",1\n5" pipe,2\n"a""",3';
  const expected = ['machine,time', '"press\n1",2026', '"say ""hi""\r\n",1', '5" pipe,2', '"a""",3'];

  test.each([1, 2, 3, 7, 1000])('are the same in parts of %d characters', (size) => {
    expect(recordsOf(text, size)).toEqual(expected);
  });

  test('of nothing are none', () => {
    expect(recordsOf('\n \r\n', 1)).toEqual([]);
  });

  test('have fields', () => {
    expect(fieldsOf('"a,""b""\n",,5" pipe')).toEqual(['a,"b"\n', '', '5" pipe']);
  });
});

async function allPieces(text: string, rows: number): Promise<Piece[]> {
  const pieces: Piece[] = [];
  for await (const piece of piecesOf(new Blob([text]), rows)) pieces.push(piece);
  return pieces;
}

describe('pieces', () => {
  const text = '\uFEFFmachine,time\nä,1\n"b\nb",2\nc,3\nd,4\ne,5';

  test('have the header each, keep rows whole, and reach the end', async () => {
    const pieces = await allPieces(text, 2);
    expect(pieces.map(({ header, records, before }) => [header, records, before])).toEqual([
      ['machine,time', ['ä,1', '"b\nb",2'], 0],
      ['machine,time', ['c,3', 'd,4'], 2],
      ['machine,time', ['e,5'], 4],
    ]);
    expect(pieces.at(-1)?.bytes).toBe(new Blob([text]).size);
  });

  test('of a file with nothing but a header are none', async () => {
    expect(await allPieces('machine,time\n', 2)).toEqual([]);
    expect(await allPieces('', 2)).toEqual([]);
  });
});

test('refused rows keep their place in the file, and can be sent again', async () => {
  const [, second] = await allPieces('machine,time\na,1\nb,2\nc,3\nd,4\n', 2);
  const rejected = [{ index: 1, code: 'UNKNOWN_MACHINE', message: 'there is no machine "d", here' }];
  const totals = withAnswer({ ...NOTHING_SENT, rows: 2, accepted: 2 }, second!, {
    accepted: 1,
    duplicates: 0,
    corrected: 0,
    rejected,
  });
  expect(totals).toMatchObject({ rows: 4, accepted: 3, refusedCount: 1 });
  expect(refusedCsv('machine,time', totals.refused)).toBe(
    'row,code,message,machine,time\n4,UNKNOWN_MACHINE,"there is no machine ""d"", here",d,4\n',
  );
  expect(reasonsOf(totals.refused)).toEqual([{ code: 'UNKNOWN_MACHINE', count: 1 }]);
});
