/**
 * Hand-written decoding with closed key sets: an unknown, missing or mistyped field refuses the whole message.
 * Only named fields are copied, so nothing of a peer's object (prototype included) goes further.
 */

/** A message that is not one of the protocol's. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

export type Fields = Readonly<Record<string, unknown>>;

/** A plain object that has exactly the keys `keys`. @throws FrameError */
export function fields(value: unknown, keys: readonly string[], what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FrameError(`${what} is not an object`);
  const present = Object.keys(value);
  for (const key of present) if (!keys.includes(key)) throw new FrameError(`${what} has the unknown key ${clip(key)}`);
  for (const key of keys) if (!present.includes(key)) throw new FrameError(`${what} lacks ${key}`);
  return value as Fields;
}

export function text(value: unknown, what: string, longest = 64 * 1024): string {
  if (typeof value !== 'string' || value.length > longest) throw new FrameError(`${what} is not a text of at most ${longest}`);
  return value;
}

/** A safe integer, not negative. */
export function count(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new FrameError(`${what} is not a whole number`);
  return value as number;
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw new FrameError(`${what} is not true or false`);
  return value;
}

export function oneOf<const T extends string>(value: unknown, allowed: readonly T[], what: string): T {
  const found = allowed.find((member) => member === value);
  if (found === undefined) throw new FrameError(`${what} is none of ${allowed.join(', ')}`);
  return found;
}

export function list<T>(value: unknown, most: number, what: string, each: (item: unknown) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > most) throw new FrameError(`${what} is not a list of at most ${most}`);
  return value.map(each);
}

/** A flat object of texts, such as headers; copied into an object without prototype. */
export function texts(value: unknown, most: number, what: string): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FrameError(`${what} is not an object`);
  const entries = Object.entries(value);
  if (entries.length > most) throw new FrameError(`${what} has more than ${most} entries`);
  const copy: Record<string, string> = Object.create(null);
  for (const [key, item] of entries) copy[key] = text(item, `${what}.${clip(key)}`);
  return copy;
}

const clip = (name: string): string => JSON.stringify(name.slice(0, 40));
