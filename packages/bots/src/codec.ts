/**
 * State of a bot as JSON text and back, exact. A bigint is written as the string `#123`; a string that begins with `#`
 * gets one more, so nothing is ambiguous.
 */
export function encodeState(state: unknown): string {
  return JSON.stringify(state, (_key, value: unknown) => {
    if (typeof value === 'bigint') return `#${value}`;
    if (typeof value === 'string' && value.startsWith('#')) return `#${value}`;
    return value;
  });
}

/** @throws SyntaxError when the text is not what `encodeState` wrote */
export function decodeState<State>(text: string): State {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('#')) return value;
    return value.startsWith('##') ? value.slice(1) : BigInt(value.slice(1));
  }) as State;
}
