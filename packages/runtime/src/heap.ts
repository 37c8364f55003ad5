/** A binary heap whose items may die where they lie: a dead item is dropped when it comes to the top. */
export interface Mortal {
  alive: boolean;
}

export class Heap<Item extends Mortal> {
  readonly #before: (a: Item, b: Item) => boolean;
  #items: Item[] = [];

  /** `before` says which of two items is nearer to the top. */
  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before;
  }

  /** Items held, dead ones included. */
  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(item, items[parent]!)) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  /** The topmost living item. */
  peek(): Item | undefined {
    while (this.#items.length > 0 && !this.#items[0]!.alive) this.#dropTop();
    return this.#items[0];
  }

  pop(): Item | undefined {
    const top = this.peek();
    if (top !== undefined) this.#dropTop();
    return top;
  }

  /** Forgets the dead at once. */
  compact(): void {
    const living = this.#items.filter((item) => item.alive);
    this.#items = [];
    for (const item of living) this.push(item);
  }

  #dropTop(): void {
    const items = this.#items;
    const last = items.pop()!;
    if (items.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child++;
      if (!this.#before(items[child]!, last)) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = last;
  }
}
