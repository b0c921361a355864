import { refuse } from './actions.ts'
import type { Action } from './actions.ts'
import { deviceLabel } from './device-label.ts'
import { maxNameLength, parseName } from './form.ts'
import { signInFirst } from './guards.ts'
import { paths } from './paths.ts'
import { canListSessions } from './shop-session.ts'

const noList = 'This shop has no list of your devices.'

export const signIn: Action = ({ session, request }, form) => {
  const name = parseName(form)
  if (name === undefined) {
    return refuse(session, `Enter a name of 1 to ${maxNameLength} characters.`, paths.signIn)
  }
  // The new id makes one worthless that somebody planted before.
  session.signIn(name, { device: deviceLabel(request.headers.get('user-agent')) })
  session.flash('notice', `Welcome, ${name}.`)
  return paths.home
}

export const signOut: Action = ({ session }) => {
  session.signOut()
  session.flash('notice', 'You are signed out.')
  return paths.home
}

/** The name once more, which stands for a password here. */
export const confirm: Action = ({ session }, form) => {
  if (session.userId === undefined) return signInFirst(session)
  if (parseName(form) !== session.userId) {
    return refuse(session, 'That is not the name you signed in with.', paths.confirm)
  }
  session.reauthenticate()
  return paths.orders
}

/** Signs out one other device. The storage knows whose it is, so a handle of another user ends nothing. */
export const endDevice: Action = async ({ session, storage }, form) => {
  if (session.userId === undefined) return signInFirst(session)
  if (!canListSessions(storage)) return refuse(session, noList, paths.devices)
  const hasEnded = await storage.endSession(session.userId, form.get('handle') ?? '')
  if (!hasEnded) return refuse(session, 'That device is not in your list any more.', paths.devices)
  session.flash('notice', describeEnded(1))
  return paths.devices
}

export const endOtherDevices: Action = async ({ session, storage }) => {
  if (session.userId === undefined) return signInFirst(session)
  if (!canListSessions(storage)) return refuse(session, noList, paths.devices)
  const count = await storage.endSessions(session.userId, { except: session })
  session.flash('notice', describeEnded(count))
  return paths.devices
}

/** Ends the session itself, cookie and all: nothing is left that could carry a message. */
export const endSession: Action = ({ session }) => {
  session.destroy()
  return `${paths.home}#session`
}

function describeEnded(count: number): string {
  if (count === 0) return 'No other device was signed in.'
  return count === 1 ? '1 device was signed out.' : `${count} devices were signed out.`
}
