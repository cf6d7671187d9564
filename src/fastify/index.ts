/**
 * Authentication for Fastify: who is calling, as kube-apiserver decides it. What it decides with is in `kubepki/node`.
 *
 * @module kubepki/fastify
 */
export { authentication } from "./authentication.ts";
export type { FastifyLike, FastifyReplyLike, FastifyRequestLike } from "./authentication.ts";
