"""The help says what each role does, with pages that it may open; the tour is a demonstration's alone."""

import re

import pytest
from flask import Flask

from coldchain.accounts.models import ROLES
from coldchain.home import help_topics, help_words
from tests.factories.reader import Reader
from tests.factories.world import World

LINK = re.compile(r'<li><div><a href="([^"]+)">')


def test_every_role_has_help() -> None:
    """No role is left without, and no page stands there twice."""
    assert set(help_words.HELP) == set(ROLES)
    for found in (*help_words.HELP.values(), help_words.HELP_OF_SERVICE):
        hrefs = [task.href for task in found.tasks]
        assert len(set(hrefs)) == len(hrefs) > 0


def test_topics_are_for_roles_that_exist() -> None:
    """Each topic concerns somebody, has sentences of its own, and no role has one twice."""
    assert {role for topic in help_topics.TOPICS for role in topic.roles} == {*ROLES, help_topics.SERVICE} - {"system"}
    assert all(len(set(topic.lines)) == len(topic.lines) > 1 for topic in help_topics.TOPICS)
    for role in (*ROLES, help_topics.SERVICE):
        codes = [topic.code for topic in help_topics.of(role)]
        assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_help_leads_to_pages_that_open(app: Flask, world: World, lang: str) -> None:
    """What is offered opens; what the reader may not open isn't offered; the foot of each page leads here."""
    for speaker in (world.regulator, world.inspector):
        reader = Reader.of(app, speaker, lang=lang)
        assert 'href="/help"' in reader.open("/")
        links = LINK.findall(reader.open("/help").partition("cc-tour")[2])
        assert "/recalls" in links
        for href in links:
            reader.open(href)
    assert ("/recalls/new" in links) is False, "an inspector writes down no notice"


def test_no_tour_without_a_demonstration(app: Flask, world: World) -> None:
    """Where the data are real there is nothing to be led through, and no link to it."""
    reader = Reader.of(app, world.regulator)
    reader.open("/help")
    assert "/tour" not in reader.text
    reader.open("/tour", 404)
    Reader(app).open("/help", None)


def test_who_is_not_signed_in_is_asked_to(app: Flask) -> None:
    """The help is for people of the program."""
    reader = Reader(app)
    reader.open("/help", None)
    assert "What your role does" not in reader.text
