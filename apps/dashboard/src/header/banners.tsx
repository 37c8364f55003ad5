/**
 * What is wrong with the connections, over the lower edge of the window, where its coming and going moves nothing. Said
 * aloud once, when it begins. What is wrong with the vault stands in the vault's own card.
 */
import type { Status } from '@holdfast/contracts';
import type { ReactNode } from 'react';
import { ApiFailure } from '../api/client.ts';
import { useConnected } from '../api/live.ts';
import { useStatus } from '../api/queries.ts';
import { sentence } from '../format/sentence.ts';
import { Icon } from '../parts/icons.tsx';

export function Banners() {
  const { data, isError, error } = useStatus();
  const connected = useConnected();
  return (
    <div className="banners" aria-live="polite" data-testid="banners">
      {isError ? (
        <Banner icon="broken" title={isSilent(error) ? 'The server does not answer' : 'The server cannot answer'}>
          {isSilent(error) ? <SilentAdvice /> : sentence(error.message)}{' '}
          {data === undefined ? '' : 'What is shown is what was last read. '}Bots, vault and exchange may still be running. This
          page tries again by itself.
        </Banner>
      ) : connected === false ? (
        <Banner icon="broken" title="Live updates are interrupted">
          Reconnecting; until then the page reads again every few seconds.
        </Banner>
      ) : null}
      {data === undefined || isError ? null : <Troubles status={data} />}
    </div>
  );
}

const SilentAdvice = () => (
  <>
    Is <code>npm start</code> still running?
  </>
);

const isSilent = (error: Error): boolean => error instanceof ApiFailure && error.code === 'unreachable';

const Troubles = ({ status: { engine, ledgerMatchesExchange } }: { readonly status: Status }) => (
  <>
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

interface BannerProps {
  readonly icon: 'broken' | 'warning';
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
