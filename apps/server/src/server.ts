/**
 * The HTTP server: checks who asks, reads the engine's database, hands commands to the engine and freezes to the vault.
 *   V1  Every request passes `checkRequest` before anything of it is acted on; every answer carries the security headers.
 *   V2  Reads go on while engine or vault are away; what needs them is refused with a code that says so.
 *   V3  Nothing here can trade: the server's key at the vault reads and freezes.
 */
import { depthOf } from '@holdfast/contracts';
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyReply, LogController } from 'fastify';
import { makeContext, type Neighbours } from './context.ts';
import { ApiFailure, failureBody } from './failure.ts';
import { makeHub } from './live/hub.ts';
import { addOpenApi } from './openapi/document.ts';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from './openapi/zod-provider.ts';
import { addPage } from './page/page.ts';
import { addBacktestRoutes } from './routes/backtests.ts';
import { addBotActRoutes } from './routes/bot-acts.ts';
import { addBotLookRoutes } from './routes/bot-looks.ts';
import { addBotPlanRoutes } from './routes/bot-plans.ts';
import { addBotRoutes } from './routes/bots.ts';
import { addEventsRoute } from './routes/events.ts';
import { addGuardRoutes } from './routes/guards.ts';
import { addMarketRoutes } from './routes/market.ts';
import { addStatusRoutes } from './routes/status.ts';
import { addStrategyRoutes } from './routes/strategies.ts';
import { addSweepRoutes } from './routes/sweeps.ts';
import { addVaultRoutes } from './routes/vault.ts';
import { dataHeaders } from './security/headers.ts';
import { mutationRate } from './security/mutation-rate.ts';
import { checkRequest, type RequestHead } from './security/requests.ts';
import { readStatusEvent } from './status/status.ts';

export interface ServerOptions {
  readonly neighbours: Neighbours;
  /** The port that clients name in `Host`; asked for each time, since 0 becomes another once listening. */
  readonly port: () => number;
  /** The CLI's token; undefined when there is none. */
  readonly token: () => string | undefined;
  /** The dashboard's build; may not be there yet. */
  readonly dashboard: string;
  readonly version: string;
  readonly logger?: FastifyBaseLogger;
}

const bodyBytesMax = 64 * 1024;
/** Brackets within brackets of a body: conditions within settings have a handful. */
const bodyDepthMax = 32;
const flushMs = 250;
const statusMs = 2_000;

const frameworkCodes: Readonly<Record<string, [number, 'request-malformed' | 'request-too-large' | 'content-type-not-json']>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [413, 'request-too-large'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'content-type-not-json'],
};

/** Anything thrown, as a failure for the caller. What is our own fault says nothing of its insides. */
function asFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const { code = '', statusCode = 500, message } = error as Partial<FastifyError>;
  const known = frameworkCodes[code];
  if (known !== undefined) return new ApiFailure(known[0], known[1], message ?? code);
  if (statusCode >= 400 && statusCode < 500)
    return new ApiFailure(statusCode, 'request-malformed', message ?? 'malformed request');
  return new ApiFailure(500, 'server-fault', 'the server failed on this request; its log says why', undefined, { cause: error });
}

const answerFailure = (reply: FastifyReply, failure: ApiFailure): FastifyReply =>
  reply
    .code(failure.statusCode)
    .headers(dataHeaders)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(failureBody(failure));

/** Builds the server; `listen` or `inject` is the caller's. Closing it ends all that it started. */
export async function buildServer(options: ServerOptions) {
  const check = ({ method, url, headers }: RequestHead): void =>
    checkRequest({ method, url, headers }, options.port(), options.token);
  // An address that cannot be read does not pass the hook below.
  const refusedHead = (request: RequestHead): ApiFailure | undefined => {
    try {
      check(request);
      return undefined;
    } catch (error) {
      return asFailure(error);
    }
  };
  const app = Fastify({
    ...(options.logger === undefined ? { logger: false } : { loggerInstance: options.logger }),
    bodyLimit: bodyBytesMax,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: false },
    frameworkErrors: (error, request, reply) =>
      void answerFailure(reply as FastifyReply, refusedHead(request) ?? asFailure(error)),
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser(['text/plain', 'application/json']);
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (depthOf(body, bodyDepthMax) <= bodyDepthMax) return parseJson(request, body, done);
    done(new ApiFailure(400, 'request-malformed', `the body is nested deeper than ${bodyDepthMax} levels`));
  });
  app.setErrorHandler((error, request, reply) => {
    const failure = asFailure(error);
    if (failure.code === 'server-fault') request.log.error({ code: failure.code, err: failure.cause }, failure.message);
    return answerFailure(reply, failure);
  });

  const takeTurn = mutationRate(() => performance.now());
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(dataHeaders);
    check(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') takeTurn();
  });

  let engineReachable = false;
  const hub = makeHub();
  const context = makeContext(options.neighbours, hub, options.version, () => engineReachable);
  const unsubscribe = context.engine.subscribe({
    notice: (notice) => hub.notice(notice),
    reachable: (reachable) => {
      engineReachable = reachable;
      // What changed while nobody listened is not known: all of it may have.
      hub.changed(['bots', 'deals', 'orders', 'fills', 'equity', 'events', 'candles', 'status', 'verdicts']);
    },
  });
  const flushing = setInterval(() => hub.flush(), flushMs);
  const telling = setInterval(() => {
    if (hub.listeners === 0) return;
    readStatusEvent(context).then(
      (data) => hub.say({ event: 'status', data }),
      (error: unknown) => app.log.error(error),
    );
  }, statusMs);

  await addOpenApi(app as never, options.version);
  addStatusRoutes(app, context);
  addStrategyRoutes(app, context);
  addBotRoutes(app, context);
  addBotActRoutes(app, context);
  addBotPlanRoutes(app, context);
  addBotLookRoutes(app, context);
  addGuardRoutes(app, context);
  const endBacktests = addBacktestRoutes(app, context);
  const endSweeps = addSweepRoutes(app, context);
  addMarketRoutes(app, context);
  addVaultRoutes(app, context);
  const endStreams = addEventsRoute(app, context);
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await addPage(app as never, options.dashboard);

  app.addHook('preClose', async () => {
    clearInterval(flushing);
    clearInterval(telling);
    unsubscribe();
    endStreams();
    endBacktests();
    endSweeps();
  });
  return app;
}
