"""What a hostile tenant does while the engine works. Test support.

    python3 - ACTION ARG... < hostile_attacks.py

Runs under the tenant's uid. Prints `ready` when it begins; on SIGTERM, how often it struck, and ends.
"""

import ctypes
import os
import signal
import sys

AT_FDCWD = -100
RENAME_EXCHANGE = 2
PR_SET_PDEATHSIG = 1
LIFETIME_SECONDS = 110
TEMPORARY = '.holdfast-'

libc = ctypes.CDLL(None, use_errno=True)
strikes = 0


def finish(*_):
    os.write(1, b'%d\n' % strikes)
    os._exit(0)


def struck(times=1):
    global strikes
    strikes += times


def exchanger():
    """A function of two names that swaps them, fast; false when one is missing."""
    call = libc.renameat2

    def exchange(a, b):
        return call(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0

    return exchange


def enter(directory):
    """Into a directory that another attack may just be moving about."""
    while True:
        try:
            return os.chdir(directory)
        except OSError:
            pass


def swap(victim, *decoys):
    """The name `victim` is by turns what it was and each of the decoys."""
    exchange = exchanger()
    target = os.fsencode(victim)
    stands = [os.fsencode(decoy) for decoy in decoys]
    while True:
        for stand in stands:
            if exchange(target, stand) and exchange(target, stand):
                struck(2)


def swap_pairs(directory):
    """Every name with its `.decoy`, one pair after the other."""
    exchange = exchanger()
    enter(directory)
    names = [os.fsencode(name) for name in os.listdir('.') if not name.endswith('.decoy')]
    while True:
        for name in names:
            if exchange(name, name + b'.decoy'):
                struck()


def replant(victim, target, spares):
    """The name `victim` is by turns a directory and a symlink, also when the symlink is removed and
    a new directory made: that one is moved away in its turn."""
    count = 0
    while True:
        count += 1
        spare = os.path.join(spares, str(count))
        try:
            os.rename(victim, spare)
            os.symlink(target, victim)
            struck()
            os.unlink(victim)
            os.rename(spare, victim)
        except OSError:
            pass


def bait(victim, target, hidden):
    """A full directory that asks to be deleted, and is by turns a symlink; made again each time."""
    while True:
        try:
            if not os.path.lexists(victim) and not os.path.lexists(hidden):
                os.mkdir(hidden)
                with open(os.path.join(hidden, 'page.html'), 'w'):
                    pass
            elif not os.path.lexists(victim):
                os.rename(hidden, victim)
            os.rename(victim, hidden)
            os.symlink(target, victim)
            struck()
            os.unlink(victim)
            os.rename(hidden, victim)
        except OSError:
            pass


def away(place, elsewhere):
    """Moves a directory away and back."""
    while True:
        try:
            os.rename(place, elsewhere)
            os.rename(elsewhere, place)
            struck()
        except OSError:
            pass


def grow(path):
    """Writes to a file without end, in place; starts over before it fills the disk."""
    chunk = b'x' * 65536
    with open(path, 'r+b', buffering=0) as file:
        while True:
            file.seek(0, os.SEEK_END)
            for _ in range(256):
                file.write(chunk)
                struck()
            os.ftruncate(file.fileno(), 1024 * 1024)


def breathe(path, small, large):
    """A file that is by turns short and long."""
    handle = os.open(path, os.O_RDWR)
    while True:
        os.ftruncate(handle, int(small))
        os.ftruncate(handle, int(large))
        struck(2)


def usurp(directory, ammunition):
    """Puts a file of `ammunition` over every temporary name that appears in `directory`."""
    bullets = [os.path.join(ammunition, name) for name in os.listdir(ammunition)]
    os.chdir(directory)
    while bullets:
        for name in os.listdir('.'):
            if not name.startswith(TEMPORARY) or not bullets:
                continue
            try:
                os.rename(bullets[-1], name)
                bullets.pop()
                struck()
            except OSError:
                pass
    signal.pause()


def refill(directory):
    """Keeps putting files into a directory that is being removed."""
    count = 0
    while True:
        count += 1
        try:
            os.makedirs(directory, exist_ok=True)
            with open(f'{directory}/{count % 50}', 'w'):
                struck()
        except OSError:
            pass


def lie_in_wait(directory):
    """Holds every file that appears open, and writes to it once it is someone else's."""
    handles = {}
    while True:
        for name in os.listdir(directory):
            try:
                opened = os.open(os.path.join(directory, name), os.O_RDWR)
                if name in handles:
                    os.close(handles[name])
                handles[name] = opened
                struck()
            except OSError:
                pass
            if name in handles and os.fstat(handles[name]).st_uid != os.getuid():
                os.pwrite(handles[name], b'evil', 0)


def scribble(directory):
    """Writes to every file that appears, and lets go of it."""
    while True:
        for name in os.listdir(directory):
            try:
                with open(os.path.join(directory, name), 'r+b', buffering=0) as file:
                    file.write(b'evil')
                struck()
            except OSError:
                pass


ACTIONS = {
    'swap': swap, 'swap-pairs': swap_pairs, 'replant': replant, 'bait': bait, 'away': away,
    'grow': grow, 'breathe': breathe, 'usurp': usurp, 'refill': refill, 'lie-in-wait': lie_in_wait,
    'scribble': scribble,
}


def main():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGTERM, finish)
    signal.alarm(LIFETIME_SECONDS)
    os.write(1, b'ready\n')
    ACTIONS[sys.argv[1]](*sys.argv[2:])


main()
