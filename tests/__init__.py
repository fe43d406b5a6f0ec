"""Tests, in the same tree as what they test; packages, so that two files of one name do not collide."""
