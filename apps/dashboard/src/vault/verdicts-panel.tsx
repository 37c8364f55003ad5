import type { VerdictView } from '@holdfast/contracts';
import { useVerdicts } from '../api/queries.ts';
import { formatDecimal, placesOf } from '../format/decimal.ts';
import { formatClock } from '../format/time.ts';
import { Panel, Scroll, Tag } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';

export function VerdictsPanel() {
  const verdicts = useVerdicts();
  return (
    <Panel title="Verdicts of the vault" className="verdicts-panel">
      <Loaded query={verdicts}>
        {(answer) =>
          answer.verdicts.length === 0 ? (
            <Empty title="Nothing was asked yet">Each order that a bot wants is judged here before it is signed.</Empty>
          ) : (
            <Scroll label="Verdicts of the vault">
              <ol className="entries" data-testid="verdicts">
                {answer.verdicts.map((verdict) => (
                  <VerdictEntry key={`${verdict.at} ${verdict.kind} ${verdict.clientOrderId}`} verdict={verdict} />
                ))}
              </ol>
            </Scroll>
          )
        }
      </Loaded>
    </Panel>
  );
}

const VerdictEntry = ({ verdict }: { readonly verdict: VerdictView }) => (
  <li>
    <div className="entry-line">
      <span className="entry-what">{whatOf(verdict)}</span>
      <span className="push">
        <Tag tone={verdict.verdict === 'approved' ? 'good' : 'bad'}>{verdict.verdict}</Tag>
      </span>
    </div>
    <div className="entry-line entry-note">
      <span className="entry-what">
        {verdict.code === null ? (
          verdict.clientOrderId
        ) : (
          <>
            <code className="loss">{verdict.code}</code> {verdict.reason}
          </>
        )}
      </span>
      <span className="push">{formatClock(verdict.at)}</span>
    </div>
  </li>
);

function whatOf({ kind, side, quantity, limit, pair }: VerdictView): string {
  if (kind === 'cancel-order') return `Cancel an order in ${pair}`;
  const [base] = pair.split('/');
  const verb = side === 'sell' ? 'Sell' : 'Buy';
  if (quantity === null || limit === null) return `${verb} ${base}`;
  return `${verb} ${formatDecimal(quantity, placesOf(quantity))} ${base} at ${formatDecimal(limit, Math.max(2, placesOf(limit)))}`;
}
