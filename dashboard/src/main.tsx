import './style.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { connect, takeToken } from './client.ts';

const root = document.getElementById('root');
const token = takeToken();
if (root !== null)
  createRoot(root).render(
    token === null ? (
      <main>
        <h1>Path to production</h1>
        <p>
          This address lacks the token that goes with it. Open the one that <code>ptp ui</code> has told.
        </p>
      </main>
    ) : (
      <App client={connect(token)} />
    ),
  );
