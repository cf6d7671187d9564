/** Held by `npm run typecheck`: the objects of client libraries fit, and ours fit there. */
import type { V1CertificateSigningRequest } from "@kubernetes/client-node";
import {
  approvalQuestion,
  awaitedCertificates,
  certificateSigningRequest,
  decideRequest,
  hasRequestCondition,
  isRequestOutdated,
  issuedCertificates,
  signRequest,
  validateCertificateSigningRequest,
  validateForSigner,
  validateRequestStatus,
  validateRequestUpdate,
} from "../../src/index.ts";
import type { AwaitedRequest, SigningRequestOptions, SignRequestOptions } from "../../src/index.ts";

declare const options: SignRequestOptions;
declare const awaited: AwaitedRequest;
declare const wishes: SigningRequestOptions;

const decision = { type: "Approved", reason: "Checked", message: "" } as const;

/** Everything that takes an object takes that of @kubernetes/client-node, and of the shapes below. */
export async function read(object: V1CertificateSigningRequest | PulumiOutput | Cdk8sProps): Promise<void> {
  await validateCertificateSigningRequest(object);
  await validateForSigner(object);
  await validateRequestUpdate(object, object, "status");
  await approvalQuestion(object);
  await signRequest(object, options);
  hasRequestCondition(object, "Denied");
  issuedCertificates(object);
}

export function follow(object: V1CertificateSigningRequest | PulumiOutput): void {
  if (object.status) validateRequestStatus(object.status);
  awaitedCertificates(object, awaited);
  isRequestOutdated(object);
}

/** For `replaceCertificateSigningRequestApproval`. */
export function approve(object: V1CertificateSigningRequest): V1CertificateSigningRequest {
  return decideRequest(object, decision);
}

export const forClientNode = (): V1CertificateSigningRequest => certificateSigningRequest(wishes);
export const forCdk8s = (): Cdk8sProps => certificateSigningRequest(wishes);
export const forPulumi = (): PulumiArgs => certificateSigningRequest(wishes);

/** `KubeCertificateSigningRequestProps` of cdk8s, as `cdk8s import k8s` generates it. */
interface Cdk8sProps {
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly labels?: { [key: string]: string };
  };
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages?: string[];
    readonly expirationSeconds?: number;
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: string[];
    readonly extra?: { [key: string]: string[] };
  };
}

/** `Input` and the arguments of `CertificateSigningRequest` of @pulumi/kubernetes. */
type Input<T> = T | Promise<T>;
interface PulumiArgs {
  apiVersion?: Input<"certificates.k8s.io/v1">;
  kind?: Input<"CertificateSigningRequest">;
  metadata?: Input<{
    name?: Input<string>;
    generateName?: Input<string>;
    labels?: Input<{ [key: string]: Input<string> }>;
  }>;
  spec: Input<{
    request: Input<string>;
    signerName: Input<string>;
    usages?: Input<Input<string>[]>;
    expirationSeconds?: Input<number>;
  }>;
}

/** What Pulumi gives to `apply`: every field is there. */
interface PulumiOutput {
  metadata: { name: string; uid: string; creationTimestamp: string };
  spec: {
    request: string;
    signerName: string;
    usages: string[];
    expirationSeconds: number;
    username: string;
    uid: string;
    groups: string[];
    extra: { [key: string]: string[] };
  };
  status: {
    certificate: string;
    conditions: {
      type: string;
      status: string;
      reason: string;
      message: string;
      lastUpdateTime: string;
      lastTransitionTime: string;
    }[];
  };
}
