/** What kinds share that are several one-pair bots side by side: who hears an event, and their wakes as one set. */
import type { BotEvent, EpochMs, Pair, Wake } from '@holdfast/domain';

/** The pairs that an event is for. `wakesOf`: what each has asked for; a time is for all that waited for it. */
export function hearersOf(event: BotEvent, pairs: readonly Pair[], wakesOf: (pair: Pair) => readonly Wake[]): readonly Pair[] {
  const only = (pair: Pair): readonly Pair[] => (pairs.includes(pair) ? [pair] : []);
  switch (event.kind) {
    case 'started':
      return pairs;
    case 'order-event':
      return only(event.event.pair);
    case 'refused':
      return only(event.intent.pair);
    case 'filters-changed':
      return only(event.rules.pair);
    case 'pair-halted':
      return only(event.pair);
    case 'command':
      return event.pair === undefined ? pairs : only(event.pair);
    case 'woken': {
      const { wake } = event;
      if (wake.kind !== 'time') return only(wake.pair).filter((pair) => wakesOf(pair).length > 0);
      return pairs.filter((pair) => wakesOf(pair).some((own) => own.kind === 'time' && own.at <= event.at));
    }
    case 'balance-changed':
    case 'signal':
      return [];
  }
}

/** Each time once, earliest first. */
export function togetherOf(wakes: Iterable<Wake>): readonly Wake[] {
  const times = new Set<EpochMs>();
  const others: Wake[] = [];
  for (const wake of wakes)
    if (wake.kind === 'time') times.add(wake.at);
    else others.push(wake);
  return [...[...times].sort((a, b) => a - b).map((at): Wake => ({ kind: 'time', at })), ...others];
}
