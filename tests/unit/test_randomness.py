"""Random bytes are given once each, in every thread and every forked process."""

import os
from concurrent.futures import ThreadPoolExecutor

from leadflow.database.randomness import DRAWN, random_bytes


def test_no_bytes_are_given_twice() -> None:
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: random_bytes(12), range(20_000)))
    assert {len(one) for one in given} == {12}
    assert len(set(given)) == len(given)


def test_more_than_is_held_is_drawn_anew() -> None:
    assert len(random_bytes(DRAWN)) == DRAWN
    assert len(random_bytes(1)) == 1


def test_a_forked_process_gives_bytes_of_its_own() -> None:
    random_bytes(1)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, random_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 16) != random_bytes(16)
