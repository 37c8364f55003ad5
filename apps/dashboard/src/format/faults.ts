/** What a refusal says of each field, taken apart again: `Settings: maxDeals: must be …; blackList.2: must be …`. */
export function faultsOf(message: string, names: readonly string[]): ReadonlyMap<string, string> {
  const faults = new Map<string, string>();
  for (const part of message.replace(/^Settings: /, '').split('; ')) {
    const colon = part.indexOf(': ');
    const name = part.slice(0, Math.max(0, colon)).split('.')[0] ?? '';
    if (names.includes(name) && !faults.has(name)) faults.set(name, part.slice(colon + 2));
  }
  return faults;
}
