#pragma once

#include <map>
#include <string>

// Makes a ZIP of these files: name in the archive -> content.
void write_zip(const std::string& path, const std::map<std::string, std::string>& files);
