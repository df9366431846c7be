// A file of readings on its way to the server, in pieces. Why in pieces: each is answered by itself, so there is a bar
// to watch, a way to stop, and no limit to the file.

import { sentencesOf } from '../api/sentences';
import { CsvRecords } from './csv';

const PIECE_ROWS = 10_000;
/** Half of what the server takes in one request, for long rows. */
const PIECE_CHARACTERS = 4_000_000;
/** A server that is busy is asked again this often … */
const ATTEMPTS = 6;
/** … after this long, if it names no other time. */
const AGAIN_AFTER_S = 2;
/** More refused rows than this are counted and no longer kept. */
const KEPT_REFUSED = 100_000;

/** What became of the rows of one request. */
export interface ReadingsAnswer {
  accepted: number;
  duplicates: number;
  corrected: number;
  /** `index` counts from 0. */
  rejected: { index: number; code: string; message: string }[];
}

export interface RefusedRow {
  /** From 1, the header not counted. */
  readonly row: number;
  readonly code: string;
  readonly message: string;
  readonly record: string;
}

export interface UploadTotals {
  readonly rows: number;
  /** Of the file, read so far. */
  readonly bytes: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly corrected: number;
  readonly refusedCount: number;
  readonly refused: readonly RefusedRow[];
}

export interface Piece {
  readonly header: string;
  readonly records: string[];
  /** Rows before it. */
  readonly before: number;
  /** Of the file, read so far. */
  readonly bytes: number;
}

export const NOTHING_SENT: UploadTotals = {
  ...{ rows: 0, bytes: 0, accepted: 0, duplicates: 0, corrected: 0, refusedCount: 0 },
  refused: [],
};

/** Cuts a file into pieces of at most so many rows, each with the file's header. */
export async function* piecesOf(file: Blob, mostRows = PIECE_ROWS): AsyncGenerator<Piece> {
  const decoder = new TextDecoder();
  const csv = new CsvRecords();
  let header: string | null = null;
  let waiting: string[] = [];
  let characters = 0;
  let before = 0;
  let bytes = 0;
  const piece = (): Piece => {
    const done = { header: header ?? '', records: waiting, before, bytes };
    before += waiting.length;
    waiting = [];
    characters = 0;
    return done;
  };
  const reader = file.stream().getReader();
  for (let isDone = false; !isDone;) {
    const chunk = await reader.read();
    isDone = chunk.done;
    bytes += chunk.value?.byteLength ?? 0;
    const records = csv.push(chunk.value ? decoder.decode(chunk.value, { stream: true }) : decoder.decode());
    if (isDone) records.push(...csv.end());
    for (const record of records) {
      if (header === null) {
        header = record;
        continue;
      }
      waiting.push(record);
      characters += record.length + 1;
      if (waiting.length >= mostRows || characters >= PIECE_CHARACTERS) yield piece();
    }
  }
  if (waiting.length > 0) yield piece();
}

/** The totals with one more piece's answer. */
export function withAnswer(
  totals: UploadTotals,
  { records, before, bytes }: Piece,
  answer: ReadingsAnswer,
): UploadTotals {
  const room = Math.max(0, KEPT_REFUSED - totals.refused.length);
  const refused = answer.rejected
    .slice(0, room)
    .map(({ index, code, message }) => ({ row: before + index + 1, code, message, record: records[index] ?? '' }));
  return {
    rows: totals.rows + records.length,
    bytes,
    accepted: totals.accepted + answer.accepted,
    duplicates: totals.duplicates + answer.duplicates,
    corrected: totals.corrected + answer.corrected,
    refusedCount: totals.refusedCount + answer.rejected.length,
    refused: [...totals.refused, ...refused],
  };
}

/** Where rows go, and how their times are to be read. */
export interface Destination {
  readonly siteName: string;
  /** Of times without an offset. */
  readonly zone: string;
  /** Judge, but store nothing. */
  readonly isDryRun: boolean;
}

/** Sends one piece; fails with a sentence for people. */
export async function sendPiece(
  { header, records }: Pick<Piece, 'header' | 'records'>,
  { siteName, zone, isDryRun }: Destination,
  signal: AbortSignal,
): Promise<ReadingsAnswer> {
  const parameters = new URLSearchParams({ site: siteName, timezone: zone, ...(isDryRun ? { dry_run: 'true' } : {}) });
  const body = `${[header, ...records].join('\n')}\n`;
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`/api/v1/readings?${parameters}`, {
      ...{ method: 'POST', headers: { 'content-type': 'text/csv' }, body, signal },
    }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new Error('The server does not answer.', { cause: error });
    });
    const answer = (await response.json().catch(() => null)) as
      (Partial<ReadingsAnswer> & { error?: { message: string } }) | null;
    if (answer?.rejected) return answer as ReadingsAnswer;
    const isBusy = response.status === 503 || response.status === 429;
    if (!isBusy || attempt === ATTEMPTS) {
      throw new Error(
        answer?.error ? sentencesOf([answer.error]) : `The server answered with status ${response.status}.`,
      );
    }
    const afterS = Number(response.headers.get('retry-after')) || AGAIN_AFTER_S;
    await new Promise((resolve) => setTimeout(resolve, afterS * 1000));
    signal.throwIfAborted();
  }
}
