/** What is wrong, above everything else. Said aloud once, when it begins. */
import type { Status } from '@holdfast/contracts';
import type { ReactNode } from 'react';
import { ApiFailure } from '../api/client.ts';
import { useConnected } from '../api/live.ts';
import { useStatus } from '../api/queries.ts';
import { Icon } from '../parts/icons.tsx';

export function Banners() {
  const { data, isError, error } = useStatus();
  const connected = useConnected();
  return (
    <div aria-live="polite" data-testid="banners">
      {isError ? (
        <Banner icon="broken" title={isSilent(error) ? 'The server does not answer' : 'The server cannot answer'}>
          {error.message} {data === undefined ? '' : 'What is shown is what was last read. '}Bots, vault and exchange may still be
          running. This page tries again by itself.
        </Banner>
      ) : connected === false ? (
        <Banner icon="broken" title="Live updates are interrupted">
          Reconnecting; until then the page reads again every ten seconds.
        </Banner>
      ) : null}
      {data === undefined ? null : <Troubles status={data} />}
    </div>
  );
}

const isSilent = (error: Error): boolean => error instanceof ApiFailure && error.code === 'unreachable';

/** Reasons come with or without a full stop. */
const sentence = (reason: string | null): string => (reason === null || /[.!?]$/.test(reason) ? (reason ?? '') : `${reason}.`);

function Troubles({ status: { vault, engine, ledgerMatchesExchange } }: { readonly status: Status }) {
  return (
    <>
      {vault.state === 'frozen' ? (
        <Banner icon="frost" title="The vault is frozen">
          {vault.reason === null ? 'No reason was given.' : `Reason: ${sentence(vault.reason)}`} No new order is signed; bots
          wait. Only the owner can undo it: <code>npx holdfast unfreeze</code>
        </Banner>
      ) : null}
      {vault.state === 'unreachable' || vault.state === 'sealed' || vault.state === 'reconcile' ? (
        <Banner icon="warning" title={vaultTitles[vault.state]}>
          {sentence(vault.reason)} No order is signed meanwhile.
        </Banner>
      ) : null}
      {engine.reachable ? null : (
        <Banner icon="warning" title="The engine does not answer">
          {sentence(engine.reason)} Bots are standing still; their orders rest at the exchange as they were. It is restarted by
          itself.
        </Banner>
      )}
      {ledgerMatchesExchange === false ? (
        <Banner icon="warning" title="Our books and the exchange differ">
          See <code>npx holdfast status</code> for the assets and amounts.
        </Banner>
      ) : null}
    </>
  );
}

const vaultTitles = {
  unreachable: 'The vault does not answer',
  sealed: 'The vault is sealed',
  reconcile: 'The vault is comparing its books with the exchange',
} as const;

interface BannerProps {
  readonly icon: 'broken' | 'frost' | 'warning';
  readonly title: string;
  readonly children: ReactNode;
}

const Banner = ({ icon, title, children }: BannerProps) => (
  <div className="banner">
    <Icon name={icon} size={20} />
    <p>
      <strong>{title}.</strong> {children}
    </p>
  </div>
);
