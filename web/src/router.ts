// Which view the address asks for. Why in the hash: the server then knows only one page, and the same files work behind
// any reverse proxy.

/** Where the page is: the pattern's parameters and what stands behind the question mark. */
export interface Place {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** `#/machines/3?from=x` as its path and its query. */
export function splitHash(hash: string): { path: string; query: URLSearchParams } {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  return { path: `/${path.replace(/^\/+|\/+$/g, '')}`, query: new URLSearchParams(query) };
}

/** The parameters with which a path fits a pattern such as `/machines/:id`; null if it does not. */
export function paramsOf(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) {
      if (value === '') return null;
      params[part.slice(1)] = decoded(value);
    } else if (part !== value) {
      return null;
    }
  }
  return params;
}

export interface Found<Route> extends Place {
  readonly route: Route;
}

/** The first route that fits. */
export function routeOf<Route extends { readonly pattern: string }>(
  routes: readonly Route[],
  hash: string,
): Found<Route> | null {
  const { path, query } = splitHash(hash);
  for (const route of routes) {
    const params = paramsOf(route.pattern, path);
    if (params) return { route, params, query };
  }
  return null;
}

/** The address of a place, for links. */
export function hashOf(path: string, query: Readonly<Record<string, string>> = {}): string {
  const given = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
  return given.size === 0 ? `#${path}` : `#${path}?${given}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
