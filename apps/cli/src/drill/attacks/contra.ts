/** Trades of a victim's account with the thief on pairs that the mandate allows. */
import { amount } from '@holdfast/domain';
import { btc, eth } from '../markets.ts';
import { type Attack, everyVictim, roundTrip, type Stage } from './attack.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Round trips of all victims until a few passes have no approved order in them, at most `most` passes. */
async function grind(stage: Stage, most: number, quote: string, bps: number, pauseMs: number): Promise<void> {
  for (let pass = 0, idle = 0; pass < most && idle < 3; pass += 1) {
    let approved = 0;
    for (const victim of everyVictim(stage)) {
      const pair = victim % 2 === 0 ? btc : eth;
      for (const outcome of await roundTrip(stage, victim, pair, amount(quote), bps))
        if (outcome.kind === 'approved') approved += 1;
    }
    idle = approved === 0 ? idle + 1 : 0;
    await stage.beat(pauseMs);
  }
}

/** With nobody to ask the sum is that of the whole account. */
const sizeFor = (stage: Stage, careful: string): string => (stage.hands.by === 'vault' ? careful : '1000000');

export const contraTrade: Attack = {
  name: 'contra trade',
  title: 'every account buys from him above the price and sells back to him below it, again and again, on liquid pairs',
  victims: 50,
  days: 1,
  forged: false,
  play: (stage) => grind(stage, 40, sizeFor(stage, '990'), stage.hands.edgeBps, minuteMs),
};

export const burst: Attack = {
  name: 'burst',
  title: 'two thousand small orders within a minute, each within its size, as at Thanksgiving',
  victims: 50,
  days: 1,
  forged: false,
  play: async (stage) => {
    const from = stage.world.clock.now();
    for (let pass = 0; pass < 20; pass += 1) {
      for (const victim of everyVictim(stage)) await roundTripAtOnce(stage, victim, pass);
      await stage.beat(Math.max(0, from + ((pass + 1) * minuteMs) / 20 - stage.world.clock.now()));
    }
  },
};

async function roundTripAtOnce(stage: Stage, victim: number, pass: number): Promise<void> {
  const pair = pass % 2 === 0 ? btc : eth;
  await roundTrip({ ...stage, beat: async () => {} }, victim, pair, amount(sizeFor(stage, '150')), stage.hands.edgeBps);
}

export const slowBurn: Attack = {
  name: 'slow burn',
  title: 'for thirty days he takes a little less each day than the daily budget, too slowly for any rule',
  victims: 10,
  days: 30,
  forged: false,
  noFreeze: 'each day stays below the budget at which R7 stops',
  play: async (stage) => {
    const midnight = stage.world.clock.now();
    for (let day = 0; day < 30; day += 1) {
      for (let visit = 0; visit < 5; visit += 1) {
        for (const victim of everyVictim(stage)) await roundTrip(stage, victim, btc, amount('950'), 25);
        await stage.beat(4 * hourMs);
      }
      await stage.beat(Math.max(0, midnight + (day + 1) * 24 * hourMs - stage.world.clock.now()));
    }
  },
};

export const dormantKey: Attack = {
  name: 'dormant key',
  title: 'accounts that nobody has used for sixty days begin to trade',
  victims: 50,
  days: 1,
  forged: false,
  before: (stage) => stage.beat(60 * 24 * hourMs),
  play: (stage) => grind(stage, 40, sizeFor(stage, '990'), stage.hands.edgeBps, minuteMs),
};
