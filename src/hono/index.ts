/**
 * Authentication for Hono: who is calling, as kube-apiserver decides it. What it decides with is in `kubepki/node`.
 *
 * @module kubepki/hono
 */
export { authentication } from "./authentication.ts";
export type { HonoContext, HonoMiddleware } from "./authentication.ts";
