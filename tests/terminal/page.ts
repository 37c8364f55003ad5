/** Reads tables of a page in docs/bots. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

export class Page {
  readonly text: string;
  readonly #name: string;

  constructor(name: string) {
    this.#name = `docs/bots/${name}.md`;
    this.text = readFileSync(new URL(`../../${this.#name}`, import.meta.url), 'utf8');
  }

  /** Rows of the table whose header begins with `first`, cells without backticks. */
  table(first: string): readonly (readonly string[])[] {
    const lines = this.text.split('\n');
    const from = lines.findIndex((line) => line.startsWith(`| ${first} |`));
    assert.ok(from >= 0, `${this.#name} has a table that begins with ${first}`);
    const until = lines.findIndex((line, index) => index > from && !line.startsWith('|'));
    return lines.slice(from + 2, until).map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  }
}

interface Field {
  meta(): { readonly unit?: string } | undefined;
  unwrap?(): Field;
  safeParse(value: undefined): { readonly data?: unknown };
}

/** Name, unit and default of each setting, as the page's table has them. */
export const fieldsOf = (schema: { readonly shape: unknown }): readonly (readonly string[])[] =>
  Object.entries(schema.shape as Readonly<Record<string, Field>>).map(([name, field]) => {
    const { unit = '' } = field.meta() ?? field.unwrap?.().meta() ?? {};
    const { data } = field.safeParse(undefined);
    const byDefault = Array.isArray(data) ? 'none' : String(data ?? '');
    return [name, unit, byDefault];
  });
