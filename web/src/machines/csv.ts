// CSV cut into records, piece by piece. Why not by lines: a quoted field may hold a line break, and a file of gigabytes
// does not fit into one string.

const enum At {
  FieldStart,
  Plain,
  Quoted,
  QuoteInQuoted,
}

/** Takes text as it comes, and gives each record once it is complete, without its line ending. Blank lines are none. */
export class CsvRecords {
  private at: At = At.FieldStart;
  private text = '';
  /** How much of `text` has been looked at. */
  private looked = 0;

  push(text: string): string[] {
    this.text += text;
    const records: string[] = [];
    let begin = 0;
    for (let index = this.looked; index < this.text.length; index += 1) {
      const character = this.text[index];
      if (this.at === At.Quoted) {
        if (character === '"') this.at = At.QuoteInQuoted;
      } else if (character === '\n') {
        keep(records, this.text.slice(begin, index));
        begin = index + 1;
        this.at = At.FieldStart;
      } else if (character === ',') {
        this.at = At.FieldStart;
      } else if (character === '"' && this.at !== At.Plain) {
        this.at = At.Quoted;
      } else {
        this.at = At.Plain;
      }
    }
    this.text = this.text.slice(begin);
    this.looked = this.text.length;
    return records;
  }

  /** The last record, if no line break ended it. */
  end(): string[] {
    const records: string[] = [];
    keep(records, this.text);
    this.text = '';
    this.looked = 0;
    return records;
  }
}

function keep(records: string[], text: string): void {
  const record = text.endsWith('\r') ? text.slice(0, -1) : text;
  if (record.trim() !== '') records.push(record);
}

/** The fields of a record, unquoted. */
export function fieldsOf(record: string): string[] {
  const fields: string[] = [];
  let field = '';
  let at: At = At.FieldStart;
  for (const character of record) {
    if (at === At.Quoted) {
      if (character === '"') at = At.QuoteInQuoted;
      else field += character;
    } else if (character === ',') {
      fields.push(field);
      field = '';
      at = At.FieldStart;
    } else if (character === '"' && at !== At.Plain) {
      if (at === At.QuoteInQuoted) field += character;
      at = At.Quoted;
    } else {
      field += character;
      at = At.Plain;
    }
  }
  return [...fields, field];
}

/** A field as it is written into CSV. */
export function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
