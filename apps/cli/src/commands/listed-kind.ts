/** Settings of the kinds of bots that are listed, checked as they are typed. */
import { faultsInWords, settingsFaults, settingsKinds, settingsSchema } from '@holdfast/contracts/bot-settings';
import type { z } from 'zod';
import { CliError, exitCode } from '../exit.ts';

/** Whose settings are asked for: of a kind that is listed, or of a strategy of one's own. */
export interface KindSettings {
  readonly kind: string;
  /** With their defaults. @throws CliError usage, naming every setting at fault */
  settings(given: Record<string, unknown>): unknown;
}

export interface ListedKind extends KindSettings {
  readonly schema: z.ZodType;
}

/** Typed values are text: where the schema wants a number or a yes or no, the text is read as one. */
function asWanted(settings: Record<string, unknown>, error: z.ZodError): Record<string, unknown> {
  const changed = { ...settings };
  for (const issue of error.issues) {
    const name = String(issue.path[0]);
    const value = changed[name];
    if (issue.code !== 'invalid_type' || issue.path.length !== 1 || typeof value !== 'string') continue;
    if (issue.expected === 'boolean' && /^(true|false)$/.test(value)) changed[name] = value === 'true';
    if ((issue.expected === 'number' || issue.expected === 'int') && /^-?\d+(\.\d+)?$/.test(value)) changed[name] = Number(value);
  }
  return changed;
}

function checked(schema: z.ZodType, given: Record<string, unknown>): unknown {
  // Read once: a parser that is compiled for it takes longer than the reading.
  const first = schema.safeParse(given, { jitless: true });
  if (first.success) return first.data;
  const second = schema.safeParse(asWanted(given, first.error), { jitless: true });
  if (second.success) return second.data;
  throw new CliError(exitCode.usage, `settings: ${faultsInWords(settingsFaults(second.error))}`);
}

/** @throws CliError usage for a kind that there is not */
export async function listedKind(kind: string): Promise<ListedKind> {
  const schema = await settingsSchema(kind);
  if (schema === undefined)
    throw new CliError(exitCode.usage, `there is no kind of bot "${kind}"; it must be one of: ${settingsKinds.join(', ')}`);
  return { kind, schema, settings: (given) => checked(schema, given) };
}
