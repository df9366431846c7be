// Addresses and the views they ask for.

import { describe, expect, test } from 'vitest';

import { NEWEST, filtersOf, kindsToChoose, pageVariables } from '../src/anomaly-pages';
import { isKioskAt, isReloadDue } from '../src/kiosk';
import { hashOf, paramsOf, routeOf } from '../src/router';

const ROUTES = [{ pattern: '/' }, { pattern: '/machines' }, { pattern: '/machines/:id' }];
const found = (hash: string) => routeOf(ROUTES, hash);

describe('routes', () => {
  test.each([
    ['', '/'],
    ['#', '/'],
    ['#/', '/'],
    ['#/machines', '/machines'],
    ['#/machines/', '/machines'],
    ['#/machines?sort=name', '/machines'],
    ['#/machines/abc', '/machines/:id'],
  ])('%s is %s', (hash, pattern) => {
    expect(found(hash)?.route.pattern).toBe(pattern);
  });

  test.each(['#/nowhere', '#/machines/a/b', '#machines/a/b/c'])('%s is none', (hash) => {
    expect(found(hash)).toBeNull();
  });

  test('have parameters and a query', () => {
    const place = found('#/machines/bWFjaGluZTox%3D?from=2026-01-01');
    expect(place?.params).toEqual({ id: 'bWFjaGluZTox=' });
    expect(place?.query.get('from')).toBe('2026-01-01');
    expect(paramsOf('/machines/:id', '/machines/%E0%A4%A')).toEqual({ id: '%E0%A4%A' });
  });

  test('an address of a place is one that leads there', () => {
    const hash = hashOf('/machines', { name: 'a&b=c', none: '' });
    expect(found(hash)?.query.get('name')).toBe('a&b=c');
    expect(hashOf('/')).toBe('#/');
  });
});

describe('the anomaly view', () => {
  test('takes its filter from the address, and nothing that it does not know', () => {
    const filters = filtersOf(new URLSearchParams('severity=CRITICAL&status=SOMETHING&machine=7'));
    expect(filters).toEqual({ severity: 'CRITICAL', status: '', lasting: '', kind: '', machine: '7' });
    expect(pageVariables(filters, NEWEST)).toEqual({ filter: { severity: 'CRITICAL', machineIds: ['7'] }, last: 20 });
  });

  test('asks for what goes on or is over, and for any kind', () => {
    const filters = filtersOf(new URLSearchParams('lasting=no&kind=BELT_SLIP'));
    expect(pageVariables(filters, NEWEST)).toEqual({ filter: { isLasting: false, kind: 'BELT_SLIP' }, last: 20 });
    expect(pageVariables({ ...filters, lasting: 'yes', kind: '' }, NEWEST).filter).toEqual({ isLasting: true });
    expect(kindsToChoose(['DROP', 'LEAK'], 'BELT_SLIP').slice(-3)).toEqual(['OFF_HOURS', 'LEAK', 'BELT_SLIP']);
    expect(kindsToChoose([], '')).toContain('SPIKE');
  });

  test('turns its pages by cursor', () => {
    const filters = filtersOf(new URLSearchParams());
    expect(pageVariables(filters, { to: 'older', before: '31' })).toEqual({ filter: {}, last: 20, before: '31' });
    expect(pageVariables(filters, { to: 'newer', after: '50' })).toEqual({ filter: {}, first: 20, after: '50' });
  });
});

describe('the kiosk', () => {
  test.each([
    ['', '#/kiosk', true],
    ['?kiosk', '', true],
    ['?kiosk=1', '#/anomalies', true],
    ['', '#/anomalies?kiosk', true],
    ['', '#/', false],
  ])('%s%s: %s', (search, hash, isKiosk) => {
    expect(isKioskAt({ search, hash })).toBe(isKiosk);
  });

  test('loads anew once a night', () => {
    const at = (day: number, hour: number, minute: number) => new Date(2026, 10, day, hour, minute).getTime();
    const loadedAtMs = at(24, 12, 0);
    expect(isReloadDue(loadedAtMs, at(24, 23, 59), 20)).toBe(false);
    expect(isReloadDue(loadedAtMs, at(25, 3, 19), 20)).toBe(false);
    expect(isReloadDue(loadedAtMs, at(25, 3, 20), 20)).toBe(true);
    expect(isReloadDue(at(25, 3, 20), at(25, 3, 21), 20)).toBe(false);
    expect(isReloadDue(loadedAtMs, at(25, 4, 0), 20)).toBe(false);
  });
});
