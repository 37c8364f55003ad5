/** One hash of what a run did, for everything that is timed: its fills in order, then its sums. hash.h is the same in C. */

const words = new Uint32Array(2);
const double = new Float64Array(words.buffer);

export class RunHash {
  #a = 0x811c_9dc5 | 0;
  #b = 0x9747_b28c | 0;
  fills = 0;

  fill(at: number, isBuy: boolean, price: number, lots: number, fee: number): void {
    this.fills++;
    this.#whole(at);
    this.#word(isBuy ? 1 : 2);
    this.#whole(price);
    this.#whole(lots);
    this.#whole(fee);
  }

  /** Quote and base in 10^-8; the drawdown counts to its last bit. @returns 16 hex digits */
  end(deals: number, quote: number, base: number, drawdown: number): string {
    this.#whole(this.fills);
    this.#whole(deals);
    this.#whole(quote);
    this.#whole(base);
    double[0] = drawdown;
    this.#word(words[0]!);
    this.#word(words[1]!);
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #whole(value: number): void {
    this.#word(value | 0);
    this.#word(Math.floor(value / 2 ** 32));
  }

  #word(word: number): void {
    this.#a = Math.imul(this.#a ^ word, 0x0100_0193);
    this.#a ^= this.#a >>> 15;
    this.#b = Math.imul(this.#b ^ word, 0x85eb_ca6b);
    this.#b ^= this.#b >>> 13;
  }
}

const numbersAtFirst = 5 * 1024;

/** What a loop did, written down while it is timed and hashed afterwards. */
export class Done {
  #fills = new Float64Array(numbersAtFirst);
  #used = 0;
  #deals = 0;
  #quote = 0;
  #base = 0;
  #drawdown = 0;

  fill(at: number, isBuy: boolean, price: number, lots: number, fee: number): void {
    if (this.#used === this.#fills.length) {
      const larger = new Float64Array(this.#used * 2);
      larger.set(this.#fills);
      this.#fills = larger;
    }
    const to = this.#used;
    this.#fills[to] = at;
    this.#fills[to + 1] = isBuy ? 1 : 0;
    this.#fills[to + 2] = price;
    this.#fills[to + 3] = lots;
    this.#fills[to + 4] = fee;
    this.#used += 5;
  }

  end(deals: number, quote: number, base: number, drawdown: number): this {
    this.#deals = deals;
    this.#quote = quote;
    this.#base = base;
    this.#drawdown = drawdown;
    return this;
  }

  get hash(): string {
    const hash = new RunHash();
    for (let at = 0; at < this.#used; at += 5) {
      const [when, isBuy, price, lots, fee] = this.#fills.subarray(at, at + 5) as unknown as [
        number,
        number,
        number,
        number,
        number,
      ];
      hash.fill(when, isBuy === 1, price, lots, fee);
    }
    return hash.end(this.#deals, this.#quote, this.#base, this.#drawdown);
  }
}
