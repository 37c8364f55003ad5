/** How many of one key in the last minute. In memory: a restart forgives, and what passes is bounded by the bots' own caps. */
const windowMs = 60_000;
const keysMost = 10_000;

export class Rate {
  readonly #times = new Map<string, number[]>();

  /** Counts one and says whether it is within `most` a minute. What is refused is not counted. */
  allows(key: string, most: number, now: number): boolean {
    const recent = (this.#times.get(key) ?? []).filter((at) => at > now - windowMs);
    const isWithin = recent.length < most;
    if (isWithin) recent.push(now);
    // Who asked longest ago is forgotten first: with many addresses an attacker forgets his own.
    this.#times.delete(key);
    if (this.#times.size >= keysMost) this.#times.delete(this.#times.keys().next().value as string);
    this.#times.set(key, recent);
    return isWithin;
  }
}
