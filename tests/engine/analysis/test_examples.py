"""Examples as they are shown, and the names by which a user means one of them, a class or a layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.analysis.examples import check_place, examples_of, find_class, find_layer
from engine.errors import TermlabError
from tests.engine.analysis.runs import loaded, save_photographs, train_run


def test_images_have_their_channels_last(tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, data__name=save_photographs(tmp_path / "images")))
    found = examples_of(one)
    assert found.images is not None
    assert found.points is None
    assert found.images.shape == (24, *one.dataset.image_shape[1:], 3)
    assert (found.images[5, 3, 2] == one.test.images[5, :, 3, 2].numpy()).all()
    assert found.labels.tolist() == one.test.labels.tolist()
    assert (len(found), found.class_names) == (24, ("blue", "red"))


def test_points_are_no_images(tmp_path: Path) -> None:
    one = loaded(tmp_path, train_run(tmp_path, data__name="moons", data__train_limit="200"))
    found = examples_of(one)
    assert found.images is None
    assert found.points is not None
    assert found.points.tolist() == one.test.images[:, :, 0, 0].tolist()


def test_places_are_counted_from_0() -> None:
    assert [check_place(place, 3) for place in range(3)] == [0, 1, 2]
    for place in (-1, 3, 10**12):
        with pytest.raises(TermlabError, match=f"there is no test example {place}") as caught:
            check_place(place, 3)
        assert caught.value.hint == "They are counted from 0; the last of 3 is 2."


@pytest.mark.parametrize(
    ("name", "names", "number"),
    [
        ("dog", ("cat", "dog"), 1),
        ("DOG", ("cat", "Dog"), 1),
        ("1", ("cat", "dog"), 1),
        ("1", ("one", "1", "2"), 1),
        ("1", ("1", "0"), 0),  # a name counts before a number
        ("dog", ("Dog", "dog"), 1),
        ("upper moon", ("upper moon", "lower moon"), 0),
    ],
)
def test_a_class_has_a_name_and_a_number(name: str, names: tuple[str, ...], number: int) -> None:
    assert find_class(name, names) == number


@pytest.mark.parametrize("name", ["dgo", "2", "-1", "", "1.0", "DOG", "01", "9" * 5000])
def test_an_unknown_class_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(TermlabError, match=f'"{name}" is not a class') as caught:
        find_class(name, ("dog", "Dog"))
    assert caught.value.hint == "The classes are: dog, Dog."
    if name == "dgo":
        assert caught.value.message.endswith('Did you mean "dog"?')


def test_of_hundreds_of_classes_the_first_are_listed() -> None:
    with pytest.raises(TermlabError) as caught:
        find_class("nothing", [f"kind {number}" for number in range(200)])
    assert caught.value.hint.endswith("kind 38, kind 39 ….")


def test_a_layer_is_known_by_its_end_where_there_is_one_such() -> None:
    names = ("a.conv", "b.conv", "b.out", "conv")
    assert find_layer("a.conv", names) == "a.conv"
    assert find_layer("out", names) == "b.out"
    assert find_layer("conv", names) == "conv"
    for name in ("onv", "ut", "a", ""):
        with pytest.raises(TermlabError, match="is not a layer here") as caught:
            find_layer(name, names)
        assert caught.value.hint == "The layers are: a.conv, b.conv, b.out, conv."
    with pytest.raises(TermlabError, match="is not a layer here"):
        find_layer("conv", names[:3])  # of two


def test_a_layer_that_acts_twice_is_one_layer() -> None:
    assert find_layer("conv", ("a.conv", "b.out", "a.conv")) == "a.conv"
    with pytest.raises(TermlabError) as caught:
        find_layer("zebra", ("a.conv", "b.out", "a.conv"))
    assert caught.value.hint == "The layers are: a.conv, b.out."
