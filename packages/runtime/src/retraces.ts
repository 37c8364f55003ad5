/**
 * Retrace wakes of one pair in one direction, in O(1) for a price that neither fires one nor sets a new extreme.
 * Written for highs (waits for a fall from the highest price); lows are the same with prices negated.
 *   X1  Wakes whose extreme is the same price are one group; a new extreme merges all groups below it into one.
 *   X2  No living wake has a trigger (extreme - by) above `#triggerMost`, and none an extreme below `#extremeLeast`.
 */
import { Heap, type Mortal } from './heap.ts';

export interface RetraceEntry extends Mortal {
  readonly by: number;
  /** Extreme when armed; the running extreme is the group's. */
  readonly from: number;
  group: RetraceGroup | undefined;
}

export interface RetraceGroup extends Mortal {
  extreme: number;
  /** Where this group's members went when it was merged into another. */
  into: RetraceGroup | undefined;
  members: RetraceEntry[];
  byLeast: number;
}

export class Retraces<Entry extends RetraceEntry> {
  readonly #groups = new Map<number, RetraceGroup>();
  readonly #lowest = new Heap<RetraceGroup>((a, b) => a.extreme < b.extreme);
  #triggerMost = Number.NEGATIVE_INFINITY;
  #extremeLeast = Number.POSITIVE_INFINITY;

  add(entry: Entry): void {
    this.#join(entry.from, [entry], entry.by);
    this.#extremeLeast = Math.min(this.#extremeLeast, entry.from);
  }

  /** Takes a new price; hands out the wakes that it fires, in no particular order. */
  take(price: number): Entry[] {
    if (price > this.#extremeLeast) this.#raise(price);
    return price <= this.#triggerMost ? this.#fire(price) : [];
  }

  /** Prices strictly between these fire nothing and set no extreme; infinite without wakes. */
  quiet(): { readonly below: number; readonly above: number } {
    this.#prune();
    return { below: this.#triggerMost, above: this.#extremeLeast + 1 };
  }

  #join(extreme: number, members: RetraceEntry[], byLeast: number): void {
    let group = this.#groups.get(extreme);
    if (group === undefined) {
      group = { alive: true, extreme, into: undefined, members, byLeast };
      this.#groups.set(extreme, group);
      this.#lowest.push(group);
      for (const member of members) member.group ??= group;
    } else {
      for (const member of members) {
        member.group ??= group;
        group.members.push(member);
      }
      group.byLeast = Math.min(group.byLeast, byLeast);
    }
    this.#triggerMost = Math.max(this.#triggerMost, extreme - byLeast);
  }

  #raise(price: number): void {
    const passed: RetraceGroup[] = [];
    for (let top = this.#lowest.peek(); top !== undefined && top.extreme < price; top = this.#lowest.peek()) {
      passed.push(this.#lowest.pop()!);
      this.#groups.delete(top.extreme);
    }
    // The largest list takes in the others, so a member moves at most log n times.
    passed.sort((a, b) => b.members.length - a.members.length);
    const [largest, ...others] = passed;
    if (largest !== undefined) {
      for (const other of others) {
        for (const member of other.members) largest.members.push(member);
        largest.byLeast = Math.min(largest.byLeast, other.byLeast);
        other.into = largest;
        other.members = [];
      }
      const there = this.#groups.get(price);
      if (there === undefined) {
        largest.extreme = price;
        this.#groups.set(price, largest);
        this.#lowest.push(largest);
      } else {
        for (const member of largest.members) there.members.push(member);
        there.byLeast = Math.min(there.byLeast, largest.byLeast);
        largest.into = there;
      }
      this.#triggerMost = Math.max(this.#triggerMost, price - largest.byLeast);
    }
    this.#extremeLeast = this.#lowest.peek()?.extreme ?? Number.POSITIVE_INFINITY;
  }

  #fire(price: number): Entry[] {
    const fired: Entry[] = [];
    for (const group of this.#groups.values()) {
      if (group.extreme - group.byLeast < price) continue;
      group.members = group.members.filter((member) => {
        if (member.alive && group.extreme - member.by >= price) fired.push(member as Entry);
        return member.alive && group.extreme - member.by < price;
      });
    }
    this.#prune();
    return fired;
  }

  /** Drops the dead and the empty, and sets the bounds of X2 exactly. */
  #prune(): void {
    this.#triggerMost = Number.NEGATIVE_INFINITY;
    this.#extremeLeast = Number.POSITIVE_INFINITY;
    for (const group of [...this.#groups.values()]) {
      group.members = group.members.filter((member) => member.alive);
      if (group.members.length === 0) {
        this.#groups.delete(group.extreme);
        group.alive = false;
        continue;
      }
      group.byLeast = group.members.reduce((least, member) => Math.min(least, member.by), Number.POSITIVE_INFINITY);
      this.#triggerMost = Math.max(this.#triggerMost, group.extreme - group.byLeast);
      this.#extremeLeast = Math.min(this.#extremeLeast, group.extreme);
    }
  }
}

/** The running extreme of an armed wake. */
export function extremeOf(entry: RetraceEntry): number {
  let group = entry.group;
  while (group?.into !== undefined) group = group.into;
  return group?.extreme ?? entry.from;
}
