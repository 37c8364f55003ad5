import type { SignalEntry } from '@holdfast/contracts';
import { useSignals } from '../api/queries.ts';
import { formatDayTime } from '../format/time.ts';
import { Scroll, Tag, type Tone } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';

const tones: Readonly<Record<SignalEntry['outcome'], Tone>> = { waiting: 'plain', taken: 'good', refused: 'bad' };

/** What became of each signal that came for a bot, and why. */
export function SignalsView({ bot }: { readonly bot: string }) {
  const signals = useSignals(bot);
  return (
    <Loaded query={signals}>
      {(answer) =>
        answer.signals.length === 0 ? (
          <Empty title="No signal yet">
            Give TradingView an address with <code>npx holdfast signal token make --bot {bot}</code>.
          </Empty>
        ) : (
          <Scroll label="Signals">
            <ol className="entries" data-testid="signals">
              {answer.signals.map((signal) => (
                <Entry key={signal.seq} signal={signal} />
              ))}
            </ol>
          </Scroll>
        )
      }
    </Loaded>
  );
}

const Entry = ({ signal: { receivedAt, outcome, code, reason, token, repeats } }: { readonly signal: SignalEntry }) => (
  <li>
    <div className="entry-line">
      <span className="entry-what">{reason ?? 'waits for its time'}</span>
      <span className="push">
        <Tag tone={tones[outcome]}>{outcome}</Tag>
      </span>
    </div>
    <div className="entry-line entry-note">
      {formatDayTime(receivedAt)}, by {token}
      {code === null ? '' : `, ${code}`}
      {repeats === 0 ? '' : `, came ${repeats + 1} times`}
    </div>
  </li>
);
