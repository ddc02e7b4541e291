"""The walk along the contract, against the real server and worker."""

from flask import Flask

from tests.journeys.contract_walk import walk
from tests.live import Live


def test_every_line_of_the_contract(app: Flask, live: Live) -> None:
    """Each line is kept. Users come from the commands of this process, since starting one for each is slow."""

    def command(arguments: tuple[str, ...]) -> str:
        done = app.test_cli_runner().invoke(args=arguments)
        assert done.exit_code == 0, done.output
        return done.output

    results = walk(live.url, command).results
    assert [f"{title}: {trouble}" for title, trouble in results if trouble] == []
    assert len(results) > 90
