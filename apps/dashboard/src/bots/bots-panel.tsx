import type { BotSummary } from '@holdfast/contracts';
import { Button } from '@mantine/core';
import { useChange, useStatus } from '../api/queries.ts';
import { formatMoney } from '../format/decimal.ts';
import { toneOf } from '../header/account-card.tsx';
import { Panel, Scroll, Tag } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { CreateBotButton } from './create-bot.tsx';

interface BotsPanelProps {
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
}

export function BotsPanel({ chosen, choose }: BotsPanelProps) {
  const status = useStatus();
  return (
    <Panel title="Bots" className="bots-panel" aside={<CreateBotButton />}>
      <Loaded query={status}>
        {({ bots }) =>
          bots.length === 0 ? (
            <Empty title="No bot yet">
              Make one here, or with <code>npx holdfast bot create</code>.
            </Empty>
          ) : (
            <Scroll label="Bots">
              <ul className="entries" data-testid="bots">
                {bots.map((bot) => (
                  <BotEntry key={bot.id} bot={bot} chosen={bot.id === chosen} choose={() => choose(bot.id)} />
                ))}
              </ul>
            </Scroll>
          )
        }
      </Loaded>
    </Panel>
  );
}

interface BotEntryProps {
  readonly bot: BotSummary;
  readonly chosen: boolean;
  readonly choose: () => void;
}

const BotEntry = ({ bot, chosen, choose }: BotEntryProps) => (
  <li className={`bot ${chosen ? 'chosen' : ''}`}>
    <div className="entry-line">
      <button type="button" className="bot-select entry-what" aria-pressed={chosen} onClick={choose}>
        {bot.name}
      </button>
      <span className="push">
        <Tag tone={bot.state === 'running' ? 'good' : bot.state === 'stopping' ? 'warn' : 'plain'}>{bot.state}</Tag>
      </span>
    </div>
    <div className="entry-line entry-note">
      <span className="entry-what">
        {bot.pairs.length > 2 ? `${bot.pairs.length} pairs` : bot.pairs.join(', ')} · {bot.deals.closed} closed
        {bot.deals.open > 0 ? `, ${bot.deals.open} open` : ''}
      </span>
      <span className={`push ${toneOf(bot.profit)}`}>{formatMoney(bot.profit, bot.quote, 'always')}</span>
    </div>
    {bot.waitingFor === null ? null : (
      <p className="entry-note bot-waits" title={bot.waitingFor}>
        {bot.waitingFor}
      </p>
    )}
    <BotActs bot={bot} />
  </li>
);

/** A bot that waits for a person, such as a strategy that failed, goes on when it is started again. */
const waitsForPerson = ({ waitingFor }: BotSummary): boolean => waitingFor?.startsWith('a person') === true;

/** `stop` lets the open deal end. */
function BotActs({ bot }: { readonly bot: BotSummary }) {
  const stops = bot.state === 'running' && !waitsForPerson(bot);
  const act = useChange(`/api/bots/${encodeURIComponent(bot.id)}/${stops ? 'stop' : 'start'}`);
  return (
    <div className="bot-acts">
      <Button size="compact-xs" variant="default" loading={act.isPending} onClick={() => act.mutate({})}>
        {stops ? 'Stop' : waitsForPerson(bot) ? 'Resume' : 'Start'}
        <span className="hidden-text"> {bot.name}</span>
      </Button>
      <span className="entry-note" role="status">
        {act.error === null ? (bot.state === 'running' ? '' : 'starts no new deal') : act.error.message}
      </span>
    </div>
  );
}
