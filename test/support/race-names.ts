/* Names of tests in the suite for stores, which stores that break a promise must fail. */

/** What needs the comparison of versions. */
export const RACES = [
  'with one that sets a key keeps it, or drops it without a cookie',
  'with one that sets a key in a middleware keeps it, or drops it without a cookie',
  'with one that flashes keeps it, or drops it without a cookie',
  'with one that clears all keeps it, or drops it without a cookie',
  'with another login: a logout with the old id ends both',
  'with one that sets a key leaves no session',
  'with one that sets a key in a middleware leaves no session',
  'with one that flashes leaves no session',
  'with one that clears all leaves no session',
  'with a login leaves no session, unless the login began later: byHand',
  'with a login leaves no session, unless the login began later: byMiddleware',
  'with a login that clears all first leaves no session, unless the login began later',
  'that goes on, with a login, leaves nothing of what was there before',
  'with a login that sends again what was not answered leaves no session',
  'with a login, after another logout, leaves no session, unless the login began later',
  'with a second login in a row ends every session that was begun under the old id',
  'of which one logs out, beside two logins, leave no session if all had begun',
  'of which one logs out, beside a login and a write, leave no session if all had begun',
  'of which one logs out, beside a login and another logout, leave no session if all had begun',
  'of which one logs out late, beside a login and a write, leave no session that had begun',
]

/** What more is said of logins and logouts. */
export const LOGINS = [
  'with one that is renewed keeps it, or drops it without a cookie',
  'with another login: both go on, with sessions of their own',
  'that sets a key after a login revives nothing and gets no cookie',
  'that sets a key in a middleware after a login revives nothing and gets no cookie',
  'that flashes after a login revives nothing and gets no cookie',
  'that clears all after a login revives nothing and gets no cookie',
  'that is renewed after a login revives nothing and gets no cookie',
  'that sets a key after a logout revives nothing and gets no cookie',
  'that sets a key in a middleware after a logout revives nothing and gets no cookie',
  'that flashes after a logout revives nothing and gets no cookie',
  'that clears all after a logout revives nothing and gets no cookie',
  'that is renewed after a logout revives nothing and gets no cookie',
  'with one that is renewed leaves no session',
  'with another logout leaves no session',
  'fails shows nothing of it under the old id, and can be repeated at once',
  'is carried out, but not answered shows nothing of it under the old id, and can be repeated at once',
  'fails can be repeated, and then ends every session that was begun under the old id',
  'is carried out, but not answered can be repeated, and then ends every session that was begun under the old id',
]
