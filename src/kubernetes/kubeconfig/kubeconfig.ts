/** The shape of a kubeconfig file, `v1` `Config`, as plain data with the file's own field names. */

/** A value with a name that other tools keep in a kubeconfig. */
export interface KubeconfigExtension {
  /** Whose it is. */
  readonly name: string;
  /** Anything. */
  readonly extension: unknown;
}

/** Where an API server is, and how it proves who it is. */
export interface KubeconfigCluster {
  /** URL of the API server, for example `https://10.0.0.1:6443`. */
  readonly server: string;
  /** The name that the server's certificate must be valid for, where it is not that of the URL. */
  readonly "tls-server-name"?: string;
  /** Accepts every certificate of the server, and with it everybody who can stand in between. */
  readonly "insecure-skip-tls-verify"?: boolean;
  /** File with the CAs of the server's certificate, PEM. */
  readonly "certificate-authority"?: string;
  /** The same, embedded: base64 of PEM. */
  readonly "certificate-authority-data"?: string;
  /** URL of a proxy on the way: http, https or socks5. */
  readonly "proxy-url"?: string;
  /** Asks for answers that are not compressed. */
  readonly "disable-compression"?: boolean;
  /** What other tools keep here. */
  readonly extensions?: readonly KubeconfigExtension[];
}

/** One variable of the environment of an exec plugin. */
export interface KubeconfigExecVariable {
  /** Its name. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** A program that is asked for credentials. */
export interface KubeconfigExec {
  /** `client.authentication.k8s.io/v1`, or `v1beta1`. */
  readonly apiVersion: string;
  /** What is run; with a `/` a path, relative to the file, else a program of the `PATH`. */
  readonly command: string;
  /** Its arguments. */
  readonly args?: readonly string[];
  /** Set in its environment beside everything else. */
  readonly env?: readonly KubeconfigExecVariable[];
  /** What to tell the user if the program is not there. */
  readonly installHint?: string;
  /** Tells the program about the cluster. */
  readonly provideClusterInfo?: boolean;
  /** Whether it may ask the user: `Never`, `IfAvailable`, `Always`. Must be given with `v1`. */
  readonly interactiveMode?: "Never" | "IfAvailable" | "Always";
}

/** How to prove who one is. */
export interface KubeconfigUser {
  /** File with the client certificate, and after it those between it and its CA, PEM. */
  readonly "client-certificate"?: string;
  /** The same, embedded: base64 of PEM. */
  readonly "client-certificate-data"?: string;
  /** File with its private key, PEM. */
  readonly "client-key"?: string;
  /** The same, embedded: base64 of PEM. */
  readonly "client-key-data"?: string;
  /** Bearer token. */
  readonly token?: string;
  /** File with a bearer token. */
  readonly tokenFile?: string;
  /** Another user to act as. */
  readonly as?: string;
  /** The uid to act with. */
  readonly "as-uid"?: string;
  /** The groups to act with. */
  readonly "as-groups"?: readonly string[];
  /** Further attributes to act with. */
  readonly "as-user-extra"?: Readonly<Record<string, readonly string[]>>;
  /** Of basic authentication, which no API server has had since Kubernetes 1.19. */
  readonly username?: string;
  /** Of basic authentication. */
  readonly password?: string;
  /** A way to log in that is built into the client, `oidc` nowadays. */
  readonly "auth-provider"?: {
    /** Which one. */
    readonly name: string;
    /** Its settings. */
    readonly config?: Readonly<Record<string, string>>;
  };
  /** A program that is asked for credentials. */
  readonly exec?: KubeconfigExec;
  /** What other tools keep here. */
  readonly extensions?: readonly KubeconfigExtension[];
}

/** Who calls which cluster. */
export interface KubeconfigContext {
  /** Name among the clusters. */
  readonly cluster: string;
  /** Name among the users. */
  readonly user: string;
  /** Namespace where none is given; `default` if absent. */
  readonly namespace?: string;
  /** What other tools keep here. */
  readonly extensions?: readonly KubeconfigExtension[];
}

/**
 * A kubeconfig file as plain data, with the field names of the file. Base64 stays text; dates, keys and certificates are not parsed.
 *
 * Source: client-go `tools/clientcmd/api/v1/types.go`.
 */
export interface Kubeconfig {
  /** Always the same. */
  readonly apiVersion: "v1";
  /** Always the same. */
  readonly kind: "Config";
  /** Names are unique. */
  readonly clusters: readonly {
    /** What contexts call it. */
    readonly name: string;
    /** Where it is. */
    readonly cluster: KubeconfigCluster;
  }[];
  /** Names are unique. */
  readonly users: readonly {
    /** What contexts call it; not the user name that the API server sees. */
    readonly name: string;
    /** How to log in. */
    readonly user: KubeconfigUser;
  }[];
  /** Names are unique. */
  readonly contexts: readonly {
    /** What `kubectl --context` takes. */
    readonly name: string;
    /** Who and where. */
    readonly context: KubeconfigContext;
  }[];
  /** The context that counts where none is given; empty if there is none. */
  readonly "current-context": string;
  /** Unused by kubectl. */
  readonly preferences?: {
    /** Unused. */
    readonly colors?: boolean;
    /** What other tools keep here. */
    readonly extensions?: readonly KubeconfigExtension[];
  };
  /** What other tools keep here. */
  readonly extensions?: readonly KubeconfigExtension[];
}
