from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from engine.statistics.letters import MOST_LETTERS, compact_letters


def test_plants_of_r_get_the_letters_of_the_textbook() -> None:
    """`PlantGrowth` of R, by falling mean trt2, ctrl, trt1: of the pairs Tukey's test tells only trt2 from trt1."""
    assert compact_letters(3, {(0, 2)}) == ["a", "ab", "b"]


def test_what_cannot_be_told_apart_shares_one_letter() -> None:
    assert compact_letters(4, set()) == ["a", "a", "a", "a"]
    assert compact_letters(1, set()) == ["a"]
    assert compact_letters(0, set()) == []


def test_what_can_all_be_told_apart_shares_none() -> None:
    assert compact_letters(3, {(0, 1), (0, 2), (1, 2)}) == ["a", "b", "c"]


def test_neighbours_in_a_chain_share_letters() -> None:
    """Of four items the first two differ from the last two, but for the pair in the middle."""
    assert compact_letters(4, {(0, 2), (0, 3), (1, 3)}) == ["a", "ab", "bc", "c"]


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.sampled_from(list(range(n * n)))))))
def test_two_share_a_letter_unless_they_are_told_apart(drawn: tuple[int, set[int]]) -> None:
    count, places = drawn
    apart = {(place // count, place % count) for place in places if place // count < place % count}
    letters = compact_letters(count, apart)
    for pair in itertools.combinations(range(count), 2):
        assert (not set(letters[pair[0]]) & set(letters[pair[1]])) == (pair in apart)
    assert all(letters)


def test_beyond_z_letters_have_two_signs_and_stand_apart() -> None:
    letters = compact_letters(28, set(itertools.combinations(range(28), 2)))
    assert (letters[0], letters[25], letters[26], letters[27]) == ("a", "z", "aa", "ab")


def test_letters_end_before_there_are_more_than_anybody_reads() -> None:
    """Of pairs in which each is told from its other half alone there are two to the power of their number."""
    apart = {(item, item + 1) for item in range(0, 40, 2)}
    letters = compact_letters(40, apart)
    lettered = [place for place, own in enumerate(letters) if own]
    assert lettered == list(range(len(lettered)))
    assert 2 * 5 <= len(lettered) < 40
    assert len({name for own in letters for name in own.split(",") if name}) <= MOST_LETTERS
    for one, other in itertools.combinations(lettered, 2):
        shared = set(letters[one].split(",")) & set(letters[other].split(","))
        assert (not shared) == ((one, other) in apart)
