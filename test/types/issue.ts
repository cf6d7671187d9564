/** Held by `npm run typecheck`: what must not compile. */
import { issueCertificate } from "../../src/issue/issue.ts";
import { caTemplate, clientTemplate, servingTemplate } from "../../src/issue/template.ts";
import type { CertificateTemplate } from "../../src/issue/template.ts";

const subject = { commonName: "web" };
const none: string[] = [];

// @ts-expect-error clients look at nothing but alternative names, so a serving certificate has one
servingTemplate({ subject });
// @ts-expect-error neither a URI nor an e-mail address is what a server is called by
servingTemplate({
  subject,
  uris: ["spiffe://cluster.local/ns/default/sa/web"],
  emailAddresses: ["a@b.example"],
});
// @ts-expect-error a list that is empty names nobody
servingTemplate({ subject, dnsNames: [] });
// @ts-expect-error nor does a list that may be empty
servingTemplate({ subject, dnsNames: none });
servingTemplate({ subject, dnsNames: ["web.default.svc"] });
servingTemplate({ subject, ipAddresses: ["10.0.0.1"] });

// @ts-expect-error who is it about?
clientTemplate({});
// @ts-expect-error not a key usage of RFC 5280
clientTemplate({ subject, keyUsage: ["serverAuth"] });
// @ts-expect-error a path length is a number
caTemplate({ subject, pathLength: "0" });

const template: CertificateTemplate = clientTemplate({ subject });
// @ts-expect-error nothing is issued without an issuer and a key
void issueCertificate(template, {});
// @ts-expect-error a template is data that does not change
template.subject = { commonName: "other" };
