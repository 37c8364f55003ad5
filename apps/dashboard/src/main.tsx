/** The dashboard: one page, live. */
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import '@mantine/core/styles.layer.css';
import './styles/tokens.css';
import './styles/layout.css';
import './styles/parts.css';
import './styles/vault.css';
import './styles/bot.css';
import { LiveContext, LiveFeed } from './api/live.ts';
import { makeQueryClient } from './api/queries.ts';
import { Page } from './page.tsx';
import { theme } from './theme.ts';

/** The page's policy allows a style element only with this answer's nonce; libraries that make one look here. */
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
Object.assign(globalThis, { __webpack_nonce__: nonce });

const colours = localStorageColorSchemeManager({ key: 'holdfast-colours' });
const client = makeQueryClient();

function App() {
  const [feed] = useState(() => new LiveFeed(client));
  useEffect(() => feed.open(), [feed]);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colours} getStyleNonce={() => nonce}>
      <QueryClientProvider client={client}>
        <LiveContext value={feed}>
          <Page />
        </LiveContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
