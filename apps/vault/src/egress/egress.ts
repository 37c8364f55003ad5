/**
 * The vault's way out: requests of the signer, private streams, reference prices. It holds no key, and what it could do wrong
 * (drop, delay, repeat once within the window) the signer finds out from the exchange.
 */
import type { EgressToSigner, SignerToEgress } from '../frames/frames.ts';
import { createDeliveries } from './destinations/deliver.ts';
import { openFeed } from './feeds.ts';
import { openOwnMarket } from './own-market.ts';
import { type Places, referenceVenues } from './places.ts';
import { createPrivateStreams } from './private-streams.ts';
import { createReference } from './reference.ts';
import { createRequests } from './requests.ts';
import { createRounds, roundOf } from './rounds.ts';
import { createVenueClock } from './venue-clock.ts';

/** How often prices are said outside lockstep. */
const priceEveryMs = 200;

/** @returns what takes the signer's messages */
export function createEgress(places: Places, send: (message: EgressToSigner) => void): (message: SignerToEgress) => void {
  const reference = createReference();
  let pairs: readonly string[] = [];
  let isLockstep = false;
  /** Newest time of a round. */
  let newest = 0;

  const venueClock = createVenueClock();
  const rounds = createRounds((n, time) => {
    isLockstep = true;
    send({ kind: 'sync', n, time, reference: reference.prices(pairs, time), own: own.shown(time) });
    newest = time;
  });
  const requests = createRequests(places, send);
  const deliver = createDeliveries(places.isReal, send);
  const streams = createPrivateStreams(places, rounds, send);
  const own = openOwnMarket(places.market, {
    opened: () => rounds.open('own'),
    closed: () => rounds.close('own'),
    now: () => (places.isReal ? Date.now() : Math.max(newest, reference.newest())),
    other: (message) => {
      const round = roundOf(message);
      if (round === undefined) return;
      isLockstep = true;
      rounds.say('own', round.n, round.time);
    },
  });
  const feeds = referenceVenues.map((venue) =>
    openFeed(venue, places.reference[venue], {
      opened: (it) => rounds.open(`reference/${it}`),
      closed: (it) => {
        reference.forget(it);
        rounds.close(`reference/${it}`);
      },
      quote: (it, quote) => {
        const now = Date.now();
        if (places.isReal && quote.at !== null) venueClock.hear(it, quote.at, now);
        reference.hear(it, places.isReal ? { ...quote, at: now } : quote);
      },
      ...(places.isReal ? { said: (it) => reference.alive(it, Date.now()) } : {}),
      round: (it, n, time) => {
        isLockstep = true;
        reference.alive(it, time);
        rounds.say(`reference/${it}`, n, time);
      },
    }),
  );
  // In lockstep prices come with the rounds only: the same tape then gives the same verdicts.
  setInterval(() => {
    const time = places.isReal ? Date.now() : reference.newest();
    if (isLockstep || time === 0) return;
    const serverTime = places.isReal ? venueClock.timeAt(time) : null;
    const clock = serverTime === null ? {} : { serverTime };
    send({ kind: 'reference', time, reference: reference.prices(pairs, time), own: own.shown(time), ...clock });
  }, priceEveryMs).unref();

  return (message) => {
    switch (message.kind) {
      case 'request':
        requests(message);
        return;
      case 'notice':
        deliver(message);
        return;
      case 'open-stream':
        streams.open(message.account, message.path, message.message);
        return;
      case 'close-stream':
        streams.close(message.account);
        return;
      case 'pairs':
        pairs = message.pairs;
        for (const feed of feeds) feed.want(pairs);
        own.want(pairs);
        return;
    }
  };
}
