"""One life of Azure's Linux agent, over a folder: it takes a goal state, processes its extension, reports, and ends.

    python3 goal_state.py CALL.json      prints the report as JSON; exit code 0 unless the agent itself is at fault

The agent's own code (Debian's package `waagent`, unpacked) decides what to call, calls it, and reads what the handler
writes. Replaced is what needs a network: the protocol, of which the file plays the answers.

CALL.json: {
  "agent": "/…/dist-packages",                the unpacked code
  "folder": "/…",                             everything that the agent writes
  "incarnation": 1,
  "name": "Publisher.Type", "version": "1.2.3.4", "state": "enabled" | "uninstall" | "gone",
  "sequence": 0 | null,                       null: no settings
  "settings": {…},                            public settings
  "packages": {"1.2.3.4": "/…zip"},           what can be downloaded
  "die_behind": "update" | ""                 the agent dies when that command has ended, before it writes that down
}
"""
import json
import os
import sys


class GoalState(object):
    """What ExtHandlersHandler.run() reads of a goal state."""

    def __init__(self, call, extensions):
        self.extensions = extensions
        self.incarnation = str(call["incarnation"])
        self.on_hold = False
        self.required_features = []
        self.created_on_timestamp = None
        self.activity_id = "activity"
        self.correlation_id = "correlation"


class Protocol(object):
    """The wire protocol, as far as extensions go."""

    def __init__(self, call, goal_state, packages):
        self.goal_state = goal_state
        self.packages = packages
        self.client = self
        self.reported = None
        self.uris = call["packages"]

    def get_extensions_goal_state(self):
        return self.goal_state

    def get_goal_state(self):
        return self.goal_state

    def get_incarnation(self):
        return self.goal_state.incarnation

    def get_endpoint(self):
        return "168.63.129.16"

    def get_ext_handler_pkgs(self, _extension):
        return self.packages

    def download_ext_handler_pkg(self, uri, destination, *_more):
        with open(uri, "rb") as source, open(destination, "wb") as target:
            target.write(source.read())
        return True

    def report_vm_status(self, vm_status):
        self.reported = vm_status

    def get_status_blob_data(self):
        return None


def configure(call):
    """Every folder of the agent below call["folder"]."""
    import azurelinuxagent.common.conf as conf

    folder = call["folder"]
    os.makedirs(os.path.join(folder, "lib"), exist_ok=True)
    path = os.path.join(folder, "waagent.conf")
    with open(path, "w") as file:
        for key, below in (("Lib.Dir", "lib"), ("Extension.LogDir", "log"), ("Pid.File", "waagent.pid")):
            file.write("{0}={1}\n".format(key, os.path.join(folder, below)))
    conf.load_conf_from_file(path)


def hurry():
    """The agent looks each second whether a command has ended: here ten times as often, for a tenth of its limit."""
    import time

    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds / 10.0)


def log_to(path):
    import azurelinuxagent.common.logger as logger

    logger.DEFAULT_LOGGER.appenders = []
    logger.add_logger_appender(logger.AppenderType.FILE, logger.LogLevel.INFO, path=path)


def goal_state_of(call):
    from azurelinuxagent.common.protocol import restapi

    extensions = []
    if call["state"] != "gone":
        extension = restapi.Extension(name=call["name"])
        extension.version = call["version"]
        extension.state = call["state"]
        if call["sequence"] is not None:
            extension.settings.append(restapi.ExtensionSettings(
                name=call["name"], sequenceNumber=call["sequence"],
                publicSettings=json.dumps(call["settings"])))
        extensions.append(extension)

    packages = restapi.ExtHandlerPackageList()
    for version, uri in call["packages"].items():
        package = restapi.ExtHandlerPackage(version)
        package.uris.append(uri)
        packages.versions.append(package)
    return GoalState(call, extensions), packages


def watch_commands(call, commands):
    """Notes each command with its exit code; dies behind the one that is named."""
    from azurelinuxagent.common.exception import ExtensionOperationError
    from azurelinuxagent.ga.exthandlers import ExtHandlerInstance

    launch = ExtHandlerInstance.launch_command

    def launch_and_note(self, cmd, *args, **kwargs):
        name = kwargs.get("cmd_name") or cmd.split()[-1]
        noted = {"name": name, "version": str(self.ext_handler.version), "code": 0, "output": ""}
        try:
            noted["output"] = launch(self, cmd, *args, **kwargs)
            return noted["output"]
        except ExtensionOperationError as error:
            noted["code"] = error.exit_code
            noted["output"] = str(error)
            raise
        finally:
            commands.append(noted)
            if name == call["die_behind"]:
                print(json.dumps({"died": True, "commands": commands}))
                sys.stdout.flush()
                os._exit(0)

    ExtHandlerInstance.launch_command = launch_and_note


def report_of(vm_status):
    """The handler's and the extension's status, as the agent would send them."""
    from azurelinuxagent.common.datacontract import get_properties

    handlers = []
    for handler in vm_status.vmAgent.extensionHandlers:
        extension = handler.extension_status
        handler.extension_status = None
        told = get_properties(handler)
        told["extension_status"] = None if extension is None else get_properties(extension)
        handlers.append(told)
    return handlers


def main():
    with open(sys.argv[1]) as file:
        call = json.load(file)
    sys.path.insert(0, call["agent"])
    configure(call)
    hurry()
    log_to(os.path.join(call["folder"], "waagent.log"))
    from azurelinuxagent.common.version import AGENT_VERSION
    from azurelinuxagent.ga.exthandlers import get_exthandlers_handler

    commands = []
    watch_commands(call, commands)
    goal_state, packages = goal_state_of(call)
    protocol = Protocol(call, goal_state, packages)
    extensions = get_exthandlers_handler(protocol)
    extensions.run()
    vm_status = extensions.report_ext_handlers_status(incarnation_changed=True)
    if vm_status is None or protocol.reported is None:
        sys.exit("the agent reports nothing: see waagent.log")
    aggregate = vm_status.vmAgent.vm_artifacts_aggregate_status.goal_state_aggregate_status
    print(json.dumps({
        "died": False,
        "agent": AGENT_VERSION,
        "goal_state": aggregate.status,
        "commands": commands,
        "handlers": report_of(vm_status),
    }))


main()
