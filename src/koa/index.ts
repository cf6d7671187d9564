/**
 * Authentication for Koa: who is calling, as kube-apiserver decides it. What it decides with is in `kubepki/node`.
 *
 * @module kubepki/koa
 */
export { authentication } from "./authentication.ts";
export type { KoaContext, KoaMiddleware } from "./authentication.ts";
