import { useState } from 'react';
import { useBot, useStatus } from './api/queries.ts';
import { BotPanel } from './bot/bot-panel.tsx';
import { BotsPanel } from './bots/bots-panel.tsx';
import { CandlePanel } from './chart/candle-panel.tsx';
import { EquityPanel } from './chart/equity-panel.tsx';
import { ClosedDealsPanel } from './deal/closed-deals-panel.tsx';
import { OpenDealPanel } from './deal/open-deal-panel.tsx';
import { GuardsPanel } from './guards/guards-panel.tsx';
import { AccountCard } from './header/account-card.tsx';
import { Banners } from './header/banners.tsx';
import { Notices } from './header/notices.tsx';
import { TopBar } from './header/top-bar.tsx';
import { VaultCard } from './header/vault-card.tsx';
import { SkeletonRows } from './parts/states.tsx';
import { LogPanel } from './system/log-panel.tsx';
import { ProcessesPanel } from './system/processes-panel.tsx';
import { VaultPanel } from './vault/vault-panel.tsx';
import { VerdictsPanel } from './vault/verdicts-panel.tsx';

export function Page() {
  const { data: status, isFetched } = useStatus();
  const [wanted, choose] = useState<string>();
  const bots = status?.bots;
  const shown = bots?.find(({ id }) => id === wanted) ?? bots?.find(({ state }) => state === 'running') ?? bots?.[0];
  const bot = useBot(shown?.id);
  const [wantedPair, choosePair] = useState<string>();
  const pairs = shown?.pairs ?? [];
  const pair = pairs.find((each) => each === wantedPair) ?? pairs[0] ?? status?.vault.reference[0]?.pair;
  const hasBots = bots === undefined || bots.length > 0;
  return (
    <div className="page">
      <a className="skip" href="#market">
        Skip to the market
      </a>
      <TopBar />
      <main>
        <Banners />
        {!isFetched ? (
          <Waiting />
        ) : (
          <>
            {status === undefined ? null : <Notices vault={status.vault} />}
            <div className="summary">
              <AccountCard />
              <VaultCard />
            </div>
            <div className="panels" id="market">
              <CandlePanel pair={pair} pairs={pairs} choosePair={choosePair} bot={bot.data} />
              <OpenDealPanel query={bot} hasBots={hasBots} />
              <EquityPanel />
              <BotsPanel chosen={shown?.id} choose={choose} />
              <BotPanel query={bot} hasBots={hasBots} />
              <VaultPanel />
              <ClosedDealsPanel bot={shown?.id} hasBots={hasBots} count={shown?.deals.closed} />
              <VerdictsPanel />
              <LogPanel />
              <ProcessesPanel />
              <GuardsPanel />
            </div>
          </>
        )}
      </main>
      <Footer version={status?.version} />
    </div>
  );
}

/** Until the first answer it is not known how much the vault has to say above everything else, which would move it. */
const Waiting = () => (
  <div aria-hidden="true">
    <div className="summary">
      <section className="panel padded account" />
      <section className="panel vault" />
    </div>
    <div className="panels">
      {['chart-panel', 'ladder-panel', 'equity-panel', 'bots-panel'].map((name) => (
        <section key={name} className={`panel padded ${name}`}>
          <SkeletonRows rows={6} />
        </section>
      ))}
    </div>
  </div>
);

/** The notice and the link are what the chart's licence asks for. */
const Footer = ({ version }: { readonly version: string | undefined }) => (
  <footer>
    <span>Holdfast{version === undefined ? '' : ` ${version}`}. Times are UTC on the clock of the market.</span>
    <span>
      TradingView Lightweight Charts™, Copyright © 2025 TradingView, Inc.{' '}
      <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
        tradingview.com
      </a>
    </span>
  </footer>
);
