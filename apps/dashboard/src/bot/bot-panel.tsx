import type { BotDetail } from '@holdfast/contracts';
import { Tabs } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { useBotLog } from '../api/queries.ts';
import { OfBot } from '../deal/of-bot.tsx';
import { Panel, Scroll } from '../parts/panel.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import { LogEntries } from '../system/log-panel.tsx';
import { MoveBot } from './move-bot.tsx';
import { ReportView } from './report-view.tsx';
import { SettingsView } from './settings-view.tsx';
import { SignalsView } from './signals-view.tsx';
import { StatisticsView } from './statistics-view.tsx';

interface BotPanelProps {
  readonly query: UseQueryResult<BotDetail>;
  readonly hasBots: boolean;
}

/** Everything about the bot that is chosen; each part is read only while it is looked at. */
export function BotPanel({ query, hasBots }: BotPanelProps) {
  const bot = query.data;
  return (
    <Panel
      title={bot === undefined ? 'Bot' : bot.name}
      className="bot-panel"
      note={bot === undefined ? undefined : `${bot.kind}, ${bot.pairs.join(', ')}`}
      aside={bot === undefined ? undefined : <MoveBot bot={bot} />}
    >
      <OfBot query={query} hasBots={hasBots} none="No bot is chosen" hint="Make one above; all about it stands here then.">
        {(detail) => <BotTabs bot={detail} />}
      </OfBot>
    </Panel>
  );
}

function BotTabs({ bot }: { readonly bot: BotDetail }) {
  const [tab, setTab] = useState<string | null>('exits');
  return (
    <Tabs value={tab} onChange={setTab} keepMounted={false} className="bot-tabs">
      <Tabs.List aria-label={`About ${bot.name}`}>
        <Tabs.Tab value="exits">{bot.kind === 'grid' ? 'Lines' : 'Exits'}</Tabs.Tab>
        <Tabs.Tab value="statistics">Statistics</Tabs.Tab>
        <Tabs.Tab value="log">Log</Tabs.Tab>
        <Tabs.Tab value="signals">Signals</Tabs.Tab>
        <Tabs.Tab value="settings">Settings</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="exits">
        <ReportView bot={bot} />
      </Tabs.Panel>
      <Tabs.Panel value="statistics">
        <StatisticsView bot={bot} />
      </Tabs.Panel>
      <Tabs.Panel value="log">
        <BotLog bot={bot.id} />
      </Tabs.Panel>
      <Tabs.Panel value="signals">
        <SignalsView bot={bot.id} />
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <SettingsView bot={bot} />
      </Tabs.Panel>
    </Tabs>
  );
}

function BotLog({ bot }: { readonly bot: string }) {
  const log = useBotLog(bot);
  return (
    <Loaded query={log}>
      {({ entries }) =>
        entries.length === 0 ? (
          <Empty title="Nothing yet" />
        ) : (
          <Scroll label="What this bot did">
            <LogEntries entries={entries} />
          </Scroll>
        )
      }
    </Loaded>
  );
}
