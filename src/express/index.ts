/**
 * Authentication for Express: who is calling, as kube-apiserver decides it. What it decides with is in `kubepki/node`.
 *
 * @module kubepki/express
 */
export { authentication } from "./authentication.ts";
export type { ExpressMiddleware, ExpressRequest } from "./authentication.ts";
