import type { AskText } from '@holdfast/contracts';
import type { TokenScope } from '@holdfast/storage';

/** What a token needs for what is asked: to bring money in, to take it out, or both. */
export function needsScope(ask: AskText): readonly Exclude<TokenScope, 'all'>[] {
  switch (ask.kind) {
    case 'commands': {
      const starts = ask.commands.some((command) => command === 'start-deal' || command === 'resume');
      const closes = ask.commands.some((command) => command !== 'start-deal' && command !== 'resume');
      return [...(starts ? (['start'] as const) : []), ...(closes ? (['close'] as const) : [])];
    }
    case 'enter':
    case 'add-funds':
    case 'enable':
      return ['start'];
    case 'exit':
    case 'disable':
    case 'start-trailing':
      return ['close'];
    // A condition may open, add or close.
    case 'condition':
      return ['start', 'close'];
    case 'position':
      if (ask.now === 'flat') return ['close'];
      if (ask.before === 'flat') return ['start'];
      if (ask.now !== ask.before) return ['start', 'close'];
      return (ask.now === 'long') === (ask.side === 'buy') ? ['start'] : ['close'];
  }
}

export const isInScope = (scope: TokenScope, ask: AskText): boolean =>
  scope === 'all' || needsScope(ask).every((need) => need === scope);
