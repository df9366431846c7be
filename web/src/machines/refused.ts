// Refused rows as a file. Why with the columns of the file that was sent: once it is mended it can be sent again, the
// server passes over the columns that say why.

import { quoted } from './csv';
import type { RefusedRow } from './upload';

/** CSV of the refused rows, the reasons in front. */
export function refusedCsv(header: string, refused: readonly RefusedRow[]): string {
  const rows = refused.map(({ row, code, message, record }) => `${row},${code},${quoted(message)},${record}`);
  return `${[`row,code,message,${header}`, ...rows].join('\n')}\n`;
}

/** How many rows were refused for each reason, the most frequent first. */
export function reasonsOf(refused: readonly RefusedRow[]): { code: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { code } of refused) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}
