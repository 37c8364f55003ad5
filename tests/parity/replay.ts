/** What a bot was called with in a session of the engine, as text, and the same bot called with it again. */
import assert from 'node:assert/strict';
import { decodeState, encodeState, unchanged } from '@holdfast/bots';
import type { BotEvent, Pair, Quote } from '@holdfast/domain';
import { type AnyBotKind, Runtime, type RuntimeBot } from '@holdfast/runtime';
import type { InProcessPlay } from './paper.ts';

export interface Session {
  readonly kind: AnyBotKind;
  /** Its state when it began. */
  readonly birth: string;
  /** Each event with the prices known then, and what the bot answered. */
  readonly calls: readonly { readonly event: string; readonly answer: string }[];
}

/** Writes down what runtimes call one bot with until `end`; a step that is only tried, outside of a runtime, is none of its life. */
export function record(bot: string): { end(): Session } {
  const calls: { event: string; answer: string }[] = [];
  const { add, step: take } = Runtime.prototype;
  let isTaken = false;
  let kind: AnyBotKind | undefined;
  let birth = '';
  Runtime.prototype.add = function (this: Runtime, of: RuntimeBot, wakes) {
    if (of.id === bot) {
      const its = of.kind;
      kind = its;
      birth = encodeState(of.state);
      const step: AnyBotKind['step'] = (settings, state, event) => {
        const answer = its.step(settings, state, event);
        if (isTaken) calls.push({ event: encodeState({ ...event, quotes: [...event.quotes] }), answer: encodeState(answer) });
        return answer;
      };
      Object.assign(of, { kind: Object.create(its, { step: { value: step } }) as AnyBotKind });
    }
    add.call(this, of, wakes);
  };
  Runtime.prototype.step = function (this: Runtime, ...given: Parameters<Runtime['step']>) {
    isTaken = given[0] === bot;
    try {
      return take.apply(this, given);
    } finally {
      isTaken = false;
    }
  };
  return {
    end() {
      Runtime.prototype.add = add;
      Runtime.prototype.step = take;
      assert.ok(kind !== undefined, `bot ${bot} was in no runtime`);
      return { kind, birth, calls };
    },
  };
}

/** Calls the bot from its beginning on, its state and each event read from text. @throws AssertionError where it answers otherwise */
export function replay({ kind, birth, calls }: Session, { settings, rules }: InProcessPlay, text: string): void {
  const read = kind.readSettings([...rules.keys()], settings);
  let state: unknown = decodeState(birth);
  for (const [index, { event, answer }] of calls.entries()) {
    const { quotes, ...said } = decodeState<Omit<BotEvent, 'quotes'> & { readonly quotes: [Pair, Quote][] }>(event);
    const again = kind.step(read, decodeState(encodeState(state)), { ...said, quotes: new Map(quotes) } as BotEvent);
    assert.equal(encodeState(again), answer, `${text}, call ${index + 1} of ${calls.length}: ${event}`);
    if (again !== unchanged) state = (again as { readonly state: unknown }).state;
  }
}
