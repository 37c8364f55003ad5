/**
 * Whether an object in a JSON text names a member twice. `JSON.parse` takes the last of two, other readers the first, so a
 * text that two of them read differently is refused. The text must be one that `JSON.parse` has read.
 */
export function namesTwice(json: string): string | null {
  const open: Set<string>[] = [];
  /** Kinds of what is open, innermost last: whether it is an object. */
  const kinds: boolean[] = [];
  for (let at = 0; at < json.length; at += 1) {
    const letter = json[at];
    if (letter === '{') {
      kinds.push(true);
      open.push(new Set());
    } else if (letter === '[') kinds.push(false);
    else if (letter === '}' || letter === ']') {
      if (kinds.pop() === true) open.pop();
    } else if (letter === '"') {
      const end = endOfString(json, at);
      if (kinds.at(-1) === true && isName(json, end + 1)) {
        const name = JSON.parse(json.slice(at, end + 1)) as string;
        const names = open.at(-1)!;
        if (names.has(name)) return name;
        names.add(name);
      }
      at = end;
    }
  }
  return null;
}

function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    if (json[at] === '\\') at += 1;
    else if (json[at] === '"') return at;
  }
  return json.length;
}

/** A string is a name when a colon follows it. */
function isName(json: string, from: number): boolean {
  let at = from;
  while (json[at] === ' ' || json[at] === '\n' || json[at] === '\r' || json[at] === '\t') at += 1;
  return json[at] === ':';
}
